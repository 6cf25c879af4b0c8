/* Tables - everything that a database holds, table by table and as it lies there: what a backup
 * carries from one kind of database to the other.
 *
 * Which columns a table has is asked of the database, so a new column needs nothing here and a new
 * table one row. Values are neutral: a moment is microseconds, truth is 0 or 1, JSON is its text.
 *
 * Statements are made here, for each table one. A connection knows a statement by its address: so
 * the `arena` of these functions lives as long as the connection, and is never reset before. */
#pragma once

#include "store/driver/db.h"
#include "json/schema.h"

typedef struct Table {
    const char *name;
    const char *key[2];   /* its primary key, in whose order it is read; [1] may be NULL */
    const char *left_out; /* why a backup has no rows of it; NULL: it has them */
} Table;

extern const Table tables[];
extern const size_t table_count;

/* NULL: there is none of this name. */
const Table *tables_find(const char *name);

typedef struct Column {
    const char *name;
    ValueKind kind;
} Column;

typedef struct Columns {
    const Column *items;
    size_t count; /* 0: there is no such table in this database */
} Columns;

bool tables_columns(Db *db, Arena *arena, const char *table, Columns *ret_columns, Error *err);

/* Who takes the rows of a table: `row` has a value for each column and lasts until it returns.
 * False ends the reading, with its error. */
typedef struct RowTaker {
    bool (*take)(void *context, const Value *row, Error *err);
    void *context;
} RowTaker;

/* Every row by its key, some at a time: memory does not grow with the table. */
bool tables_read(Db *db, Arena *arena, const Table *table, const Columns *columns, RowTaker taker,
                 Error *err);

/* The highest id that a table ever gave, rows that are gone too; 0: none. So that none is given
 * twice. */
bool tables_last_id(Db *db, const Table *table, int64_t *ret_id, Error *err);
bool tables_set_last_id(Db *db, const Table *table, int64_t id, Error *err);

/* Has anybody put anything into this database? Roles, which every new one has, do not count. */
bool tables_hold_anything(Db *db, Arena *arena, bool *ret_any, Error *err);

/* -- To fill a database ----------------------------------------------------------------------- */

/* From here on nobody else connects to write, until the connection ends. Fails where somebody does:
 * a server that runs would go on with what is no longer there, and what it writes would be lost. On
 * SQLite who opens the file to write has it alone anyway. */
bool tables_hold_alone(Db *db, Error *err);

/* Before the transaction, and after it, done or not: all of it in one transaction, with little
 * memory. On SQLite nobody else may have the file open. */
bool tables_start_filling(Db *db, Error *err);
bool tables_end_filling(Db *db, Error *err);

/* Drops all tables of ours that are there, for a schema to be made anew. */
bool tables_drop(Db *db, Error *err);

/* Takes out what a new schema has in it. */
bool tables_empty(Db *db, Arena *arena, const Table *table, Error *err);

/* INSERT INTO `table` with a parameter for each column. */
const Sql *tables_insert(Arena *arena, const Table *table, const Columns *columns);

/* Takes indexes and references away while rows come in: as rows come, each would be kept up to date
 * at a random place. Puts them back, which looks whether all that is referred to is there. */
bool tables_set_aside(Db *db, Arena *arena, List *ret_scripts, Error *err);
bool tables_put_back(Db *db, const List *scripts, Error *err);
