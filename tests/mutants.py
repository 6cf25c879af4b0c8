#!/usr/bin/python3
"""Takes the checks out of the code, one at a time, and wants a test to fail for each.

    tests/mutants.py [WORD …]       all of them, or those whose name has one of the words
    tests/mutants.py --stale        only looks whether each one still has its place in the code

Works in a copy; needs what ./test installs. SQLite alone: the checks are the same code on both
databases. The suite over sockets must notice, or the program of unit tests that a mutant names.
Ends with the line "N passed, N failed"; a mutant that no test notices has failed.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]

# name, file, what stands there, what the mutant has instead, and the program that must notice where
# it is not the suite
MUTANTS = [
    ("a viewer may update", "src/auth/access.c", "[ROLE_VIEWER] = viewer", "[ROLE_VIEWER] = true"),
    ("an editor may do everything", "src/auth/access.c", "[ROLE_EDITOR] = editor",
     "[ROLE_EDITOR] = true"),
    ("the role is not judged", "src/permit/event.c",
     "access_allows(action, (Role)event->my_role) ||", "true ||"),
    ("a stranger is let in", "src/store/events.c",
     "WHERE p.event_id = $1 AND p.user_id = $2 AND NOT p.refused\" OWNER",
     "WHERE p.event_id = $1 AND (p.user_id = $2 OR TRUE)\" OWNER"),
    ("the trash is open", "src/permit/event.c", "event->deleted_at != INSTANT_NULL &&", "false &&"),
    ("everybody looks into the trash", "src/permit/event.c",
     "rule->finds_deleted && event->my_role == ROLE_OWNER", "rule->finds_deleted"),
    ("no quota is judged", "src/store/usage.c", "if (added > 0 && used + added >",
     "if (false && used + added >"),
    ("strangers share the rest of a view", "src/calendar/fair.c",
     "fair->is_stranger(fair->context, owner->id);", "false;"),
    ("who reads much has all threads", "src/http/operation.c",
     "return x->has_reply || x->is_long || step_is_scan(x);",
     "return x->has_reply || step_is_scan(x);",
     "tests/unit/http/http_operation"),
    ("a batch begins what it cannot end", "src/store/edits.c",
     "return allowance == NULL || (usage_permits(db, arena, holder, allowance, &more, err) &&",
     "return true || (usage_permits(db, arena, holder, allowance, &more, err) &&",
     "tests/unit/store/store_usage"),
    ("a long write is taken with others", "src/work/queue.c",
     "if (queue->was_long)\n        at_most = 1;", "if (false)\n        at_most = 1;"),
    ("a short batch shares its transaction", "src/http/operation.c",
     "x->request.route->changes_many ||", "false ||",
     "tests/unit/http/http_operation"),
    ("long writes follow each other without a rest", "src/work/rests.c",
     "now_us < rests->shorts[i].until_us", "false",
     "tests/unit/work/work_rests"),
    ("texts are not put together", "src/base/fold.c", "while (at[length] != '\\0' && fold_one(",
     "while (false && fold_one(", "tests/unit/base/base_fold"),
    ("occurrences are not searched", "src/store/search_texts.c", "return overrides != NULL &&",
     "return false &&"),
    ("what is found stays as it was", "src/store/search_texts.c",
     "if (before != NULL && has_same_texts(before, after))", "if (before != NULL)"),
    ("a day is that of UTC", "src/calendar/days.c",
     "return zone != NULL ? timezone_to_instant(zone, date) : date;", "return date;",
     "tests/unit/calendar/calendar_days"),
    ("conflicts are those of UTC", "src/api/window.c",
     "return req->user->timezone != NULL ?", "return false ?"),
    ("UNTIL is that of UTC", "src/rrule/format.c",
     "if (zone != NULL && rule->until_form == UNTIL_UTC &&", "if (false &&"),
    ("busy times reach out of the window", "src/api/freebusy.c",
     "end > reply->to ? reply->to : end;", "end;"),
    ("what is transparent occupies time", "src/calendar/occurrences.c",
     "transparency != EVENT_TRANSPARENT &&", "true &&"),
    ("a point is in no window", "src/calendar/occurrences.c",
     "(is_point && occurrence->from == window->from)", "false"),
    ("old versions are neither", "src/store/history.c",
     "if (event->transparency == INTEGER_NULL)", "if (false)"),
    ("every entry is a set of its own", "src/store/history.c",
     "change->set != NULL ? change->set->entries++ : 0;", "0;"),
    ("a set is gone on with by the next request", "src/http/step.c",
     "req->change_set = ARENA_NEW(req->arena, ChangeSet);",
     "static ChangeSet one; req->change_set = &one;"),
    ("an empty page knows how many there are", "src/api/paging.c",
     "(list->count > 0 || page->skip == 0)", "true"),
    ("a page has no end", "src/api/paging.c", "writer_length(w) <= LIMIT_PAGE_BYTES", "true"),
    ("a document has no end", "src/calendar/event_check.c",
     "if (event->document_bytes <= LIMIT_DOCUMENT_BYTES ||", "if (true ||"),
    ("a batch looks at all that it may", "src/api/conflicts.c",
     "return share < LEAST_CONFLICT_STARTS ? LEAST_CONFLICT_STARTS : share;",
     "return LIMIT_CONFLICT_STARTS;"),
    ("what was before is looked for from the start", "src/api/conflicts.c",
     "before, side->from, work_left, &were)", "before, OVERLAP_FROM_THE_START, work_left, &were)"),
    ("a request may take any memory", "src/base/budget.c",
     "return arena->budget != 0 && arena->total > arena->budget;", "return false;"),
    ("a lost file is written to", "src/store/driver/sqlite_file.c",
     "return info.st_dev == identity->device && info.st_ino == identity->number;", "return true;"),
    ("the doctor believes every copy", "src/store/soundness.c", "if (count > 0)", "if (false)"),
    ("everybody is an administrator", "src/permit/user.c", "(req->user->is_admin ||", "(true ||"),
    ("nobody has to sign in twice", "src/store/sessions.c",
     "AND u.id = $2 AND s.revoked_at IS NULL AND u.is_active", "AND u.id = $2 AND u.is_active"),
    ("a disabled account goes on", "src/store/sessions.c",
     "AND s.revoked_at IS NULL AND u.is_active", "AND s.revoked_at IS NULL"),
    ("If-Match is not compared", "src/http/step.c",
     "entity_tag_matches(req->if_match, present, TAG_STRONG)", "true"),
    ("who lost the right is given the reply again", "src/http/step.c",
     "if (!is_permitted(x, route->needs_again != NULL ? route->needs_again : route->needs))",
     "if (false)"),
    ("what is done already stands in its own way", "src/http/step.c",
     "if (!may_be_done(x) || !idempotency_is_kept(x))", "if (may_be_done(x) || true)",
     "tests/unit/http/http_step"),
    ("a key stands for any body", "src/http/idempotency.c",
     "text_equal(once->kept->digest, once->digest)", "true"),
    ("what was done is done again", "src/http/idempotency.c", "if (once->kept == NULL)",
     "if (true)"),
    ("nobody has used too many keys", "src/http/idempotency.c",
     "usage->count < LIMIT_KEYS_PER_USER && usage->bytes < LIMIT_KEPT_BYTES", "true"),
    ("a series ends by is_recurring alone", "src/calendar/event_check.c",
     "if (gives_flag && !event->is_recurring && event->recurrence_pattern != NULL)",
     "if (gives_flag && !event->is_recurring && (event->recurrence_pattern = NULL))"),
    ("an empty pattern says something", "src/calendar/event.c",
     "NULLABLE | VERSIONED | EMPTY_IS_LEFT_OUT", "NULLABLE | VERSIONED",
     "tests/unit/calendar/calendar_event"),
    ("the rules of a batch may cost anything", "src/calendar/event_check.c",
     "*d->work_left > 0 ||", "true ||", "tests/unit/api/api_batch"),
    ("the rules of a batch are followed in the writer", "src/api/batch.c",
     "return repeats || conflicts_are_asked(req);", "return conflicts_are_asked(req);",
     "tests/unit/http/http_operation"),
    ("everybody revokes anybody", "src/permit/event.c",
     "return rule->on_others;", "return rule->action;"),
    ("the owner can be demoted", "src/api/sharing.c", "user_id == event_of(req)->owner_id",
     "false"),
    ("a batch changes what one may read", "src/api/batch.c", "patches[i].id, ACTION_EVENT_UPDATE",
     "patches[i].id, ACTION_EVENT_READ"),
    ("who has lost a role is given the reply of then", "src/permit/event.c",
     "events[i].id, ACTION_EVENT_UPDATE", "events[i].id, ACTION_EVENT_READ",
     "tests/unit/permit/permit_event"),
    ("a batch deletes what one may change", "src/api/batch.c", "ids[i], ACTION_EVENT_DELETE",
     "ids[i], ACTION_EVENT_UPDATE"),
    ("a viewer rolls back", "src/api/history.c", "&event_needs[ACTION_EVENT_UPDATE]",
     "&event_needs[ACTION_EVENT_READ]"),
    ("everybody manages accounts", "src/permit/account.c",
     "return req->user->is_admin || !account_is_of_another(req);",
     "return req != NULL;"),
    ("who was erased is named in changes of roles", "src/store/erasures.c",
     "{ &erase_from_entries, &erase_from_changes }", "{ &erase_from_entries }"),
    ("names are taken out while more are written", "src/store/erasures.c",
     "NOT EXISTS (SELECT 1 FROM users u WHERE u.id = e.user_id)", "TRUE",
     "tests/unit/store/store_erasures"),
    ("a backup is written over anything", "src/backup/block_file.c", "if (!may_be_replaced(path))",
     "if (false)", "tests/unit/backup/backup_block_file"),
    ("anybody is erased by a slip", "src/cli/erase.c", "if (text_equal(line, user->username))",
     "if (true)"),
    ("the last administrator goes", "src/auth/accounts.c", "if (admins <= 1)", "if (false)"),
    ("disabling ends no session", "src/auth/accounts.c",
     "if (before->is_active && !after->is_active &&", "if (false &&"),
    ("everybody sees all accounts", "src/api/users.c", "if (req->user->is_admin)", "if (true)"),
    ("addresses are shown", "src/store/permissions.c",
     'VISIBLE_EMAIL("$2", "p.user_id", IS_NAMED, "u.email")', '" u.email"'),
    ("an old address opens the new one to who holds a role", "src/store/permissions.c",
     "u.email_key = p.named_email", "p.named_email IS NOT NULL"),
    ("an old address opens the new one", "src/store/permissions.h",
     "n.email_key = g.named_email", "g.named_email IS NOT NULL"),
    ("a share is consent", "src/store/known.h", "k.granted_by = \" me", "k.user_id = \" me"),
    ("a no occupies", "src/store/known.h", "<> 'no'", "<> ''"),
    ("who is blocked still gives", "src/store/events.c",
     " AND NOT p.refused\" OWNER_IS_THERE,", "\" OWNER_IS_THERE,"),
    ("a number that is nobody's is not counted", "src/api/account_input.c",
     "if (*strangers > 0)", "if (false)"),
    ("who is over his number is not counted on", "src/api/account_input.c",
     "reply.stays = is_over;", "(void)is_over;"),
    ("changes of an account have no end", "src/api/account_input.c",
     "is_within_the_day(req, count, LIMIT_ACCOUNT_CHANGES,", "is_within_the_day(req, 0, 1,"),
    ("handing over makes room for what waits", "src/api/sharing.c",
     "!check_taking_over(req, present, user)", "false"),
    ("an old version breaks today's rules", "src/store/edits.c",
     "schema_check_values(&event_schema, changed, event, d->arena, d->location, &broken) &&",
     ""),
    ("old versions need an offset", "src/time/instant.c",
     "if (sign == '\\0' && r->is_stored)", "if (false)"),
    ("metrics for any name of this machine", "src/http/intake.c",
     "x->head.is_for_this_machine", "true"),
    ("a write is judged in another transaction", "src/http/step.c",
     "route->lane == LANE_WRITE ||", "false ||"),
    ("anybody may be made an owner", "src/auth/accounts.c", "!= NULL && is_willing)", "!= NULL)"),
    ("authors' addresses are shown", "src/store/history.c",
     'VISIBLE_EMAIL("$2", "c.user_id", IS_NAMED_IN("$1", "$2", "c.user_id"), EMAIL_OF_USER)',
     'EMAIL_OF_USER " AS email"'),
    ("one reads other people's sessions", "src/api/sessions.c",
     "session->user_id != req->user->user_id", "false"),
    ("one ends other people's sessions", "src/store/sessions.c",
     "WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL", "WHERE id = $1 AND $2 = $2"),
    ("a replayed refresh token is fine", "src/api/sessions.c",
     "generation == session->generation - 1 &&", "true ||"),
    ("a cursor is not authenticated", "src/api/paging.c",
     "!mac_equal(mac, bytes, CURSOR_MAC_BYTES)", "false"),
    ("read-only members can be written", "src/calendar/event.c",
     "schema_check_read_only(&event_schema, current, patch, d->arena, d->location, d->err);",
     "true;"),
    ("who was here before is a stranger", "src/api/tries.c", "if (ret_tries->is_known)",
     "if (false)"),
    ("what is locked here counts everywhere", "src/api/tries.c",
     "    if (tries->is_locked)\n        return true;\n", "", "tests/unit/api/api_tries"),
    ("anybody makes the first administrator", "src/permit/anybody.c",
     "!is_secret(token, req->app->setup_token)", "false"),
    ("everybody reads the audit trail", "src/api/audit.c", ".needs = &need_admin",
     ".needs = &need_user"),
    ("registration is never closed", "src/permit/anybody.c",
     "req->app->config->signup == SIGNUP_OPEN", "true"),
    ("metrics are for everybody", "src/permit/anybody.c",
     "req->is_direct || is_secret", "true || is_secret"),
    ("every origin is let in", "src/http/response.c", "text_equal(*origins, origin)", "true"),
    ("what could be read in two ways is let in", "src/http/door.c",
     "peer->fault = framing_read(&peer->framing, bytes, length, &sound);",
     "(void)framing_read(&peer->framing, bytes, length, &sound);",
     "tests/unit/http/http_door"),
    ("a client has any number of connections", "src/http/peers.c",
     "limit == 0 || peer->client->connections <= limit", "true",
     "tests/unit/http/http_peers"),
    ("lines of the log that are lost are not told", "src/base/log.c",
     "if (ring.dropped == ring.told ||", "if (true ||", "tests/unit/base/base_log"),
    ("a commit that failed is told as done", "src/work/group_commit.c",
     "    if (*ret_committed)\n        return true;", "    if (true)\n        return true;",
     "tests/unit/api/api_write_faults"),
    ("a write runs outside of its transaction", "src/work/group_commit.c",
     "        if (!db_begin(worker->db, &error)) {",
     "        task->kind->run(task, worker);\n        if (!db_begin(worker->db, &error)) {",
     "tests/unit/api/api_write_faults"),
    ("what a refused task changed stays in its group", "src/work/group_commit.c",
     "return changes_before >= 0 && db_changes(db) == changes_before;",
     "return db_changes(db) >= changes_before;", "tests/unit/work/work_group_commit"),
    ("who spoils groups is not remembered", "src/work/group_commit.c",
     "suspect != NULL ? run_in_savepoint", "false ? run_in_savepoint",
     "tests/unit/work/work_group_commit"),
    ("jansson may run out of memory", "src/json/reader.c",
     "    json_set_alloc_funcs(memory_take, memory_give_back);\n", "",
     "tests/unit/api/api_write_memory"),
    ("a damaged block is taken", "src/backup/block_file.c",
     "memcmp(reader->chain.hash, hash, HASH_BYTES) != 0", "reader->chain.number == 0",
     "tests/unit/backup/backup_block_file"),
    ("a restore replaces unasked", "src/backup/restore.c", "(!is_used || may_replace ||",
     "(true ||", "tests/unit/backup/backup_restore"),
    ("a restore lets old tokens name new sessions", "src/backup/restore.c",
     "restore->table->left_out != NULL ? SESSIONS_SKIPPED : 0", "0",
     "tests/unit/backup/backup_restore"),
    ("sessions are carried along", "src/store/tables.c",
     'LEFT_OUT("sessions", "id", "everybody signs in again")', 'CARRIED("sessions", "id")',
     "tests/unit/backup/backup_dump"),
    ("a failed backup deletes older ones", "src/work/backups.c",
     "if (!backup_make(&order, &report, err) || !look(config->backup_dir, &shelf, err))",
     "if ((!backup_make(&order, &report, err) && false) || "
     "!look(config->backup_dir, &shelf, err))", "tests/unit/work/work_backups"),
]

TESTS = "tests/api"
PROGRAM = "fasti"


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **more)


def build(copy, program):
    return run("ninja", "-C", str(copy / "build-mutants"), program, "tests/faults/faults.so")


def survives(copy, program):
    """The words of the first test that fails, or None: the mutant lives."""
    environment = dict(os.environ, FASTI_TEST_DATABASES="sqlite", FASTI_TEST_POSTGRES="",
                       FASTI_PROGRAM=str(copy / "build-mutants" / PROGRAM))
    environment.pop("FASTI_TEST_LONG", None)
    suite = ["/usr/bin/python3", "-m", "pytest", TESTS, "-q", "-x", "-n", "2"]
    command = suite if program == PROGRAM else [str(copy / "build-mutants" / program)]
    done = run(*command, cwd=copy, env=environment)
    if done.returncode == 0:
        return None
    lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return lines[0].split(" - ")[0] if lines else "the run itself failed"


def staleness(root, name, file, old, new, _program=PROGRAM):
    """What is wrong with a mutant without building it, or None."""
    path = root / file
    if not path.is_file():
        return f"STALE     {name}: there is no {file}"
    places = path.read_text().count(old)
    if places != 1:
        return f"STALE     {name}: {places} places in {file}"
    return f"STALE     {name}: changes nothing" if old == new else None


def judge(copy, name, file, old, new, program=PROGRAM):
    stale = staleness(copy, name, file, old, new)
    if stale:
        return stale
    path = copy / file
    text = path.read_text()
    path.write_text(text.replace(old, new))
    built = build(copy, program)
    caught = survives(copy, program) if built.returncode == 0 else None
    path.write_text(text)
    if built.returncode != 0:
        return f"NO BUILD  {name}\n{built.stdout[-500:]}"
    return f"caught    {name}: {caught}" if caught else f"SURVIVED  {name}"


def find_stale():
    stale = [verdict for mutant in MUTANTS if (verdict := staleness(ROOT, *mutant))]
    print(*stale, sep="\n", end="\n" if stale else "")
    print(f"{len(MUTANTS) - len(stale)} passed, {len(stale)} failed")
    return bool(stale)


def main(words):
    if words == ["--stale"]:
        return find_stale()
    chosen = [m for m in MUTANTS if not words or any(word in m[0] for word in words)]
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        copy = pathlib.Path(directory) / "fasti"
        shutil.copytree(ROOT, copy, symlinks=True,
                        ignore=shutil.ignore_patterns("build*", ".git", "fasti-data"))
        # Without werror: a mutant may leave something unused.
        run("meson", "setup", "build-mutants", "-Dtests=enabled", "-Dwerror=false", cwd=copy)
        for program in sorted({mutant[4] if len(mutant) > 4 else PROGRAM for mutant in chosen}):
            assert build(copy, program).returncode == 0, "it does not build even without a mutant"
            assert survives(copy, program) is None, "the tests fail even without a mutant"
        for mutant in chosen:
            verdict = judge(copy, *mutant)
            failed += not verdict.startswith("caught")
            print(verdict, flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
