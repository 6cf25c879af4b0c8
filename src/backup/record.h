/* Record - what stands in the blocks of a backup: tables, each followed by its rows.
 *
 *   table   'T'  name  last id (8 bytes)  number of columns (1 byte)  the name of each
 *   row     'R'  a value for each column of the table before it
 *   value   '0', null; '1', a number (8 bytes); '2', a text
 *   text    4 bytes, its length; its bytes; a NUL
 *
 * Numbers are little-endian. A record is all in one block. What a number means, and that a text is
 * JSON, is known to the table that it comes from and to the one that it goes into: docs/decisions.
 */
#pragma once

#include "backup/block_file.h"
#include "store/tables.h"

void record_add_table(Buffer *out, const char *name, int64_t last_id, const Columns *columns);
void record_add_row(Buffer *out, const Columns *columns, const Value *row);

typedef enum RecordKind { RECORD_END, RECORD_TABLE, RECORD_ROW } RecordKind;

typedef struct RecordReader {
    BlockReader *blocks;
    const unsigned char *at; /* in its block */
    size_t left;
    Arena names;
    const char *table; /* of the last RECORD_TABLE, as are: */
    int64_t last_id;
    Columns columns; /* their kinds are unknown */
    Value *row;      /* of the RECORD_ROW: VALUE_INT and VALUE_TEXT, until the next call */
} RecordReader;

/* `blocks` must be open to us. */
void record_reader_start(RecordReader *reader, BlockReader *blocks);

/* False: the file is damaged, or was made by something else. */
bool record_next(RecordReader *reader, RecordKind *ret_kind, Error *err);
void record_reader_close(RecordReader *reader); /* for AUTO */
