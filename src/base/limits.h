/* Every limit of the program, with the reason for its number. A growing thing is made with its
 * limit; a test sends one more than each. */
#pragma once

/* Requests */
#define LIMIT_BODY_BYTES         (64 * 1024)   /* a thousand people to share with are 60 KiB */
#define LIMIT_EVENT_BODY_BYTES   (1024 * 1024) /* a whole document, or a batch */
#define LIMIT_SETUP_MINUTES      30            /* to follow a link that one has on the screen */
#define LIMIT_LOGIN_BODY_BYTES   (4 * 1024) /* a name and a password: nothing else belongs there */
#define LIMIT_HEAD_BYTES         (8 * 1024) /* what nginx and Apache take */
#define LIMIT_HEADER_FIELDS      100        /* as Apache */
#define LIMIT_URI_BYTES          (8 * 1024) /* RFC 9112 3: at least 8000 octets */
#define LIMIT_TOKEN_BYTES        (4 * 1024) /* ours are under 300 */
#define LIMIT_CACHED_TOKENS      1024       /* clients at work at one time; 400 KiB in all */
#define LIMIT_CACHED_TOKEN_BYTES 320        /* longer ones are read anew each time */
#define LIMIT_QUERY_PARAMETERS   32         /* the longest table has 18 */
#define LIMIT_JSON_DEPTH         32         /* our deepest document is 5 */
#define LIMIT_JSON_MEMBERS       10000      /* 500 events of 20 members */
#define LIMIT_JSON_KEY_BYTES     256
#define LIMIT_JSON_NUMBER_DIGITS 100   /* the longest of the public test suite is 82 */
#define LIMIT_FAULTS             100   /* in one reply; more helps nobody */
#define LIMIT_CONNECTIONS        12000 /* each idle one keeps 17 KiB: network.c */
#define LIMIT_CONNECTIONS_PER_IP 64    /* a browser opens 6; a proxy is configured as trusted */
#define LIMIT_IDLE_S             15    /* keep-alive */
#define LIMIT_REQUEST_S          10    /* head and body of one request */
#define LIMIT_DECODED_AT_ONCE    (16 * 1024)  /* of a body; what is longer: in SCAN */
#define LIMIT_PACKED_AT_ONCE     (128 * 1024) /* a millisecond of a network thread; more: SCAN */
#define LIMIT_FOLDED_AT_ONCE     (16 * 1024)  /* of texts to search: 2 ms of the writer */
#define LIMIT_UNPACKED_BYTES     1024         /* less fits into one packet as it is */

/* Memory: base/budget.h. A page of 4 MiB is 4 MiB of rows, and up to 16 while the text
 * of the reply grows. A request that runs in steps, or again, has as much for each, twice that in
 * all. */
#define LIMIT_REQUEST_MEMORY       ((size_t)32 << 20)
#define LIMIT_CALENDAR_MEMORY      ((size_t)64 << 20) /* four pages of 12: others decide how long */
#define LIMIT_REQUESTS_MEMORY      ((size_t)256 << 20) /* all together: a small machine has 512 */
#define LIMIT_MEMORY_RESERVE       ((size_t)64 << 20)  /* for a thousand of the small ones */
#define LIMIT_SMALL_REQUEST_MEMORY ((size_t)64 << 10)  /* an ordinary one takes 8 to 32 KiB */

/* Lanes: work/lanes.h tells who waits, and for whom. */
#define LIMIT_READ_QUEUE  4096 /* on PostgreSQL: as many as write */
#define LIMIT_WRITE_QUEUE 4096 /* at 5,000 writes/s under one second of waiting */
#define LIMIT_HASH_QUEUE  64   /* at 5 bcrypt/s a thread: the last one waits seconds */
/* One person or one network at a time. Who has signed in needs no second password just then; an
 * office signs in at nine. */
#define LIMIT_HASH_OF_PERSON  1
#define LIMIT_HASH_OF_NETWORK 4
#define LIMIT_SHARES          128 /* all that can wait for bcrypt, and as many threads */
#define LIMIT_BULK_QUEUE      64  /* exports and imports take seconds too */
#define LIMIT_GROUP_COMMIT    256 /* writes that share one fsync */
#define LIMIT_PIECE_MS        3   /* of a long task that writes; its commit takes as long again */
#define LIMIT_HISTORY_PIECE   32  /* versions that go at once; of the largest events 8 MiB */
#define LIMIT_GRANTS_PIECE    512 /* that a block looks at at once; to change all takes 3 ms */
#define LIMIT_SUSPECTS        64  /* people who spoil groups and are remembered: a walk is 50 ns */
/* A millisecond or two; the light part is a third of a millisecond. */
#define LIMIT_BRIEF_MEMORY        ((size_t)4 << 20)
#define LIMIT_BRIEF_WORK          100000
#define LIMIT_LIGHT_MEMORY        ((size_t)256 << 10)
#define LIMIT_LIGHT_WORK          20000
#define LIMIT_LIGHT_US            INT64_C(1000) /* whatever it was done with */
#define LIMIT_HEAVY_READER_US     INT64_C(10000000)
#define LIMIT_LONG_READER_REST_US INT64_C(100000) /* the longest that he rests after one */
/* People who ask within so long of each other are not alone: of what takes long each has a part. */
#define LIMIT_COMPANY_US INT64_C(2000000)
/* A write is long that computes so long on SQLite, or sends so much to PostgreSQL, or brings so
 * much; who has made one is expected to make more. An ordinary one takes 0.2 ms and sends 4 KiB. */
#define LIMIT_LONG_WRITE_US    1500
#define LIMIT_LONG_WRITE_SENT  (64 * 1024)
#define LIMIT_LONG_WRITE_BYTES (16 * 1024)
#define LIMIT_LONG_WRITER_US   INT64_C(10000000)
/* He rests so many times as long as his took; but not so long that what he sends at once waits too
 * long for a thread. */
#define LIMIT_LONG_WRITES_WAITING (LIMIT_WRITE_QUEUE / 4) /* the rest is for all others */
#define LIMIT_LONG_WRITER_REST    9
#define LIMIT_LONG_WRITER_REST_US INT64_C(250000)
#define LIMIT_GROUP_READ          16 /* reads that share one round trip: more saves little */
/* What waits longer for a thread is not waited for by anybody any more. */
#define LIMIT_QUEUE_WAIT_MS 10000
#define LIMIT_STATEMENT_MS  2000

/* Lists */
#define LIMIT_PAGE         1000              /* the largest `limit` */
#define LIMIT_PAGE_BYTES   ((size_t)4 << 20) /* after them a page ends, before its `limit` */
#define DEFAULT_PAGE       100               /* the old system's default */
#define LIMIT_SKIP         10000             /* deeper paging: cursor */
#define LIMIT_BATCH        500
#define LIMIT_SEARCH_BYTES 200

/* Text */
#define LIMIT_TEXT        255 /* a text whose table names no other */
#define LIMIT_TITLE       255
#define LIMIT_LOCATION    255
#define LIMIT_UID         255         /* RFC 7986 5.3: "less than 255 octets" */
#define LIMIT_DESCRIPTION (64 * 1024) /* bytes: that many also as UTF-8 of any script */
/* What an event takes with its overrides, as JSON: each change writes all of it once more. */
#define LIMIT_DOCUMENT_BYTES (256 * 1024)
#define LIMIT_COMMENT        500
#define LIMIT_EMAIL          254 /* RFC 5321 4.5.3.1.3, less the angle brackets */
#define LIMIT_USERNAME       50
#define LIMIT_DISPLAY_NAME   100
#define LIMIT_PASSWORD_BYTES 72 /* what bcrypt reads */

/* Time */
#define LIMIT_EVENT_YEARS     10 /* longest event */
#define LIMIT_RULE_COUNT      100000
#define LIMIT_RULE_INTERVAL   10000
#define LIMIT_RULE_VALUES     400 /* in one BY part; BYYEARDAY has 366 */
#define LIMIT_RULE_TEXT       4096
#define LIMIT_RULE_STEPS      100000    /* candidates looked at in one expansion */
#define LIMIT_VIEW_WORK       10000000  /* of all rules in one request: a fifth of a second */
#define LIMIT_WRITE_WORK      200000    /* likewise in the WRITE lane, where others wait: 5 ms */
#define LIMIT_BATCH_WORK      100000000 /* of new rules in one batch: two seconds of one thread */
#define LIMIT_OCCURRENCES     5000      /* in one reply */
#define LIMIT_PREVIEW         100       /* starts of a rule that is being tried out */
#define DEFAULT_PREVIEW       10
#define LIMIT_SERIES          10000  /* that one view looks into */
#define LIMIT_CHANGED_SINCE   32     /* events; of more all are compared */
#define LIMIT_VERSIONS        100000 /* of others' events, compared in the WRITE lane */
#define LIMIT_CONFLICT_STARTS 1000   /* occurrences of a series that are held against others */
/* The series of one request share so many, 1.5 MiB, but each has its first weeks or months. */
#define LIMIT_CONFLICT_STARTS_OF_ALL 20000
#define LEAST_CONFLICT_STARTS        50
#define LIMIT_CONFLICTS              100 /* told in one reply; more helps nobody */
#define LIMIT_FREEBUSY_USERS         50  /* a large meeting */
#define LIMIT_RDATES                 1000
#define LIMIT_OVERRIDES              1000
#define LIMIT_FOLLOWED_AT_ONCE       (8 * 1024)  /* bytes of overrides, in the WRITE lane: 4 ms */
#define LIMIT_LOOKS                  4           /* before it, of what others change meanwhile */
#define LIMIT_WINDOW_DAYS            400         /* a year and its edges */
#define DEFAULT_WINDOW_DAYS          31          /* a month's view */
#define LIMIT_ZONE_NAME              64          /* the longest in tzdata has 32 */
#define LIMIT_ZONE_FILE_BYTES        (64 * 1024) /* the largest in tzdata is 4 KiB */
#define LIMIT_ZONE_RECHECK_S         5           /* how long an upgrade of tzdata may go unseen */

/* Idempotency-Key */
#define LIMIT_KEY_CHARACTERS   64    /* a UUID has 36 */
#define LIMIT_KEY_HOURS        24    /* how long a reply is kept */
#define LIMIT_KEYS_PER_USER    10000 /* in that time: who needs more is a program that runs wild */
#define LIMIT_KEPT_REPLY_BYTES (512 * 1024)       /* a batch of 500 ordinary events is 350 KiB */
#define LIMIT_KEPT_BYTES       (32 * 1024 * 1024) /* of one person's replies */
#define LIMIT_FORGOTTEN_KEYS   32 /* in one piece: 2 ms of the writer, with the largest replies 8 */

/* Quotas per user; an administrator may set others (auth/accounts.h). A person who makes ten events
 * a day reaches the first in fourteen years. */
#define DEFAULT_QUOTA_EVENTS        50000                /* live ones that he owns */
#define DEFAULT_QUOTA_BYTES         (INT64_C(512) << 20) /* theirs */
#define DEFAULT_QUOTA_HISTORY_BYTES (INT64_C(1) << 30)   /* of what he wrote into any history */
#define DEFAULT_QUOTA_GRANTS        10000                /* roles that he gave to others */

/* Per user and event */
#define LIMIT_GRANTS_PER_EVENT  1000
#define LIMIT_WAITING_GRANTS    200  /* from one person to another who does not know him: a term */
#define LIMIT_STRANGERS_BY_ID   100  /* shared with by number in a day: ids cannot be walked */
#define LIMIT_ACCOUNT_CHANGES   100  /* of one's own in a day: each leaves a line in the trail */
#define LIMIT_BLOCKS            1000 /* of one person; more is a task for an administrator */
#define LIMIT_SESSIONS_PER_USER 100
#define LIMIT_KNOWN_NETWORKS    20  /* home, work, telephone, and as many more */
#define LIMIT_KNOWN_DAYS        180 /* a session lasts 30 days at the most without a refresh */

/* Backups */
#define LIMIT_BACKUP_PIECE_BYTES ((size_t)1 << 20)  /* what is packed and checked at a time … */
#define LIMIT_BACKUP_BLOCK_BYTES ((size_t)16 << 20) /* … and one large row more: 32 documents */

/* Configuration */
#define LIMIT_CONFIG_FILE_BYTES (64 * 1024)  /* a .env has some twenty lines */
#define LIMIT_PEM_BYTES         (256 * 1024) /* of a long chain 20 KiB */
#define LIMIT_SECRET_BYTES      4096         /* a PEM key of 4096 bits has 3,300 */
/* Log */
#define LIMIT_LOG_BYTES                                                                            \
    (1024 * 1024) /* 4,000 requests: what a reader may be late by under load                       \
                   */
