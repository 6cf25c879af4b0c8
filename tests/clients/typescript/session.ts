// A whole session with the client that openapi-typescript makes: it must compile as it stands, every
// step must succeed, and nothing that no step changes may be lost.
//
//     node made/session.js http://127.0.0.1:8000

import createClient from "openapi-fetch";
import type { paths } from "./fasti.js";

declare const process: { argv: string[]; exit(code: number): never };

type Client = ReturnType<typeof createClient<paths>>;
const baseUrl = process.argv[2];
const start = "2027-03-01T09:00:00Z";
let steps = 0;

// What came, or the end of the session.
function good<T>(step: string, reply: { data?: T; error?: unknown; response: Response }): T {
  steps++;
  if (!reply.response.ok) {
    console.error(`${step}: ${reply.response.status} ${JSON.stringify(reply.error)}`);
    process.exit(1);
  }
  return reply.data as T;
}

function same(step: string, is: unknown, expected: unknown): void {
  steps++;
  if (JSON.stringify(is) !== JSON.stringify(expected)) {
    console.error(`${step}: ${JSON.stringify(is)} is not ${JSON.stringify(expected)}`);
    process.exit(1);
  }
}

async function signUp(username: string): Promise<{ client: Client; id: number }> {
  const body = { username, email: `${username}@example.org`, password: "four plain words, 1" };
  const open = createClient<paths>({ baseUrl });
  const signedIn = good("register", await open.POST("/api/auth/register", { body }));
  const headers = { Authorization: `Bearer ${signedIn.access_token}` };
  return { client: createClient<paths>({ baseUrl, headers }), id: signedIn.user.id };
}

const { client, id: amira } = await signUp("amira-ts");
const { client: other, id: bela } = await signUp("bela-ts");

// A series that differs from every default.
const body = {
  title: "Stand-up",
  start_time: start,
  end_time: "2027-03-01T09:15:00Z",
  timezone: "Europe/Zurich",
  status: "tentative" as const,
  recurrence_pattern: { freq: "weekly", by_day: ["MO", "WE"], count: 10 },
};
const key = { header: { "Idempotency-Key": "one-key-for-one-series" } };
const made = good("create", await client.POST("/api/events", { body, params: key }));
const again = good("create again", await client.POST("/api/events", { body, params: key }));
same("one event for one key", again.id, made.id);
const path = { event_id: made.id };
const kept = (event: typeof made) => [
  event.title,
  event.timezone,
  event.status,
  event.all_day,
  event.is_recurring,
  event.recurrence_pattern?.rrule,
];
const rrule = "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10";
const expected = ["Stand-up", "Europe/Zurich", "tentative", false, true, rrule];
same("as it was asked for", kept(made), expected);

const patched = good(
  "patch",
  await client.PATCH("/api/events/{event_id}", { params: { path }, body: { location: "Hall" } }),
);
same("the place", patched.location, "Hall");
same("nothing lost by the patch", kept(patched), expected);
const put = good(
  "put",
  await client.PUT("/api/events/{event_id}", { params: { path }, body: { location: "Attic" } }),
);
same("nothing lost by the put", kept(put), expected);

const list = good("list", await client.GET("/api/events", { params: { query: { title: "Stand" } } }));
same("listed", list.items.map(kept), [expected]);
good(
  "share",
  await client.POST("/api/events/{event_id}/share", {
    params: { path },
    body: { users: [{ user_id: bela, role: "Editor" }] },
  }),
);
good("read by the other", await other.GET("/api/events/{event_id}", { params: { path } }));
const yes = { answer: "yes" as const }; // from then on she is known, and may ask when the other is busy
good(
  "answer",
  await other.POST("/api/events/{event_id}/answer", { params: { path }, body: yes }),
);
const renamed = good(
  "patch by the other",
  await other.PATCH("/api/events/{event_id}", {
    params: { path, header: { "If-Match": `"${put.version_number}"` } },
    body: { title: "Daily" },
  }),
);
same("nothing lost by the other", kept(renamed).slice(1), expected.slice(1));

const history = good(
  "history",
  await client.GET("/api/events/{event_id}/history", { params: { path } }),
);
same("versions", history.items.map((one) => one.version_number), [4, 3, 2, 1]);
const fields: string[] = history.items[0].changed_fields ?? [];
same("what changed", fields, ["title"]);
const diff = good(
  "diff",
  await client.GET("/api/events/{event_id}/diff/{v1}/{v2}", {
    params: { path: { ...path, v1: 1, v2: 4 } },
  }),
);
same("differences", diff.changes.map((one) => one.field).sort(), ["location", "title"]);
const back = good(
  "rollback",
  await client.POST("/api/events/{event_id}/rollback/{version}", {
    params: { path: { ...path, version: 1 } },
  }),
);
same("as it was", [kept(back), back.location], [expected, null]);
const log = good(
  "changelog",
  await client.GET("/api/events/{event_id}/changelog", { params: { path } }),
);
same("old and new", log[1].changes.location.new, "Hall");

const query = { user_ids: [amira, bela], from: "2027-03-01T00:00:00Z", to: "2027-03-02T00:00:00Z" };
const busy = good("free/busy of two", await client.GET("/api/freebusy", { params: { query } }));
same("two people", busy.users.map((one) => one.user_id), [amira, bela]);
good("delete", await client.DELETE("/api/events/{event_id}", { params: { path } }));
good(
  "restore",
  await client.POST("/api/events/{event_id}/restore", { params: { path } }),
);
console.log(`${steps} steps`);
