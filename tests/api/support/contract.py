"""The contract: every reply is held against the server's own /openapi.json, and written down, so
that the end of the run can tell what was declared but never seen."""

import functools
import json
import re
import threading

import fastjsonschema

PROBLEM = "application/problem+json"
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "instance"}
ONE_SENTENCE = re.compile(r"[^\n.!?]([^\n.!?]|[.!?](?=\S))*[.!?]")
# What an error must never show: SQL, files, memory, the libraries underneath.
INSIDES = re.compile(
    r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b|sqlite|libpq|postgres|jansson|microhttpd"
    r"|/(usr|tmp|home|var|work|src)/|\.[ch]:\d|0x[0-9a-fA-F]{6,}|relation \"|constraint",
    re.IGNORECASE,
)
# A path that no operation is declared for may be refused by the router alone.
ROUTER_STATUSES = {400, 404, 405, 414, 501}
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z")


class Mismatch(AssertionError):
    """The server did what its own document does not say."""


def _closed(schema):
    """The same schema where an object with listed members has no others."""
    if isinstance(schema, dict):
        schema = {name: _closed(value) for name, value in schema.items()}
        if "properties" in schema and not {"additionalProperties", "allOf"} & set(schema):
            schema["additionalProperties"] = False
    elif isinstance(schema, list):
        schema = [_closed(value) for value in schema]
    return schema


# What fastjsonschema heeds of a schema, and what says nothing of a reply.
CHECKED = {"$ref", "additionalProperties", "anyOf", "enum", "format", "items", "maximum"}
CHECKED |= {"maxItems", "maxLength", "maxProperties", "minimum", "minItems", "minLength"}
CHECKED |= {"pattern", "properties", "propertyNames", "required", "type"}
SAID_ONLY = {"description", "examples", "readOnly", "writeOnly"}
# Formats that say something to people alone; the others, like that of times, are heeded.
FORMATS = {name: lambda text: True for name in ("email", "int64", "password")}


def _must_be_known(schema):
    """A word that nobody heeds would let everything pass."""
    unknown = set(schema) - CHECKED - SAID_ONLY
    if unknown or "$ref" in schema and set(schema) - SAID_ONLY != {"$ref"}:
        raise Mismatch(f"a schema with words that no reply is held against: {schema}")
    within = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    within += [schema.get(name) for name in ("items", "additionalProperties", "propertyNames")]
    for part in within:
        if isinstance(part, dict):
            _must_be_known(part)


class Validators:
    """A function for each schema that replies have, made once: they are held against it a hundred
    thousand times."""

    def __init__(self, schemas):
        self._components = {"schemas": _closed(schemas)}
        self._made = {}
        for schema in self._components["schemas"].values():
            _must_be_known(schema)

    def of(self, schema):
        text = json.dumps(schema)
        if text not in self._made:
            _must_be_known(schema)
            self._made[text] = fastjsonschema.compile(
                {
                    "$schema": "http://json-schema.org/draft-07/schema#",
                    **_closed(schema),
                    "components": self._components,
                },
                formats=FORMATS,
                use_default=False,
            )
        return self._made[text]


@functools.cache
def _validators(text):
    """Those of a document's schemas: the servers of all databases have the same ones."""
    return Validators(json.loads(text))


class Contract:
    def __init__(self, document):
        self.document = document
        self._schemas = _validators(json.dumps(document["components"]["schemas"]))
        self._paths = [
            (template, re.compile("^" + re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)) + "$"))
            for template in sorted(document["paths"], key=lambda path: path.count("{"))
        ]
        self._validators = {}
        self._templates = {}

    def operations(self):
        """(METHOD, path, operation) of everything declared."""
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method in ("get", "post", "put", "patch", "delete", "head", "options"):
                    yield method.upper(), path, operation

    def template_of(self, path):
        path = path.split("?")[0]
        if len(path) > 1:
            path = path.rstrip("/")
        for template, pattern in self._paths:
            if pattern.match(path):
                return template
        return None

    def _resolve(self, node):
        while "$ref" in node:
            found = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def _validator(self, method, template, status, media_type):
        key = (method, template, status, media_type)
        if key not in self._validators:
            operation = self.document["paths"][template][method.lower()]
            answers = operation["responses"]
            if str(status) not in answers:
                raise Mismatch(f"{method} {template} does not declare {status}")
            content = self._resolve(answers[str(status)]).get("content", {})
            if status == 200 and "*/*" in content:  # a file of any kind
                media_type = "*/*"
            if media_type is None and not content:
                self._validators[key] = None
            elif media_type not in content:
                raise Mismatch(f"{method} {template} {status} does not declare {media_type}")
            elif "schema" in content[media_type]:
                self._validators[key] = self._schemas.of(content[media_type]["schema"])
            else:
                self._validators[key] = None
        return self._validators[key]

    def check(self, reply):
        """Raises Mismatch; gives the template, or None where the router alone answered."""
        media_type = (reply.headers["Content-Type"] or "").split(";")[0] or None
        template = self.template_of(reply.target)
        method = "GET" if reply.method == "HEAD" else reply.method
        check_headers(reply)
        if media_type == PROBLEM and reply.method != "HEAD":
            check_problem(reply)
        if template is None or method.lower() not in self.document["paths"][template]:
            options = reply.method == "OPTIONS" and reply.status == 204
            if reply.status not in ROUTER_STATUSES and not options:
                raise Mismatch(f"an operation that is not declared: {reply}")
            return None
        if template is not None and reply.status == 501:
            return None
        if reply.method == "HEAD":
            if reply.body:
                raise Mismatch(f"a HEAD with a body: {reply}")
            return None
        validator = self._validator(method, template, reply.status, media_type)
        if validator is not None and "json" in (media_type or ""):
            try:
                validator(reply.json)
            except fastjsonschema.JsonSchemaValueException as fault:
                raise Mismatch(f"{fault.message[:500]}\n{reply}") from None
        return template


def check_headers(reply):
    """What every reply carries."""

    def need(condition, sentence):
        if not condition:
            raise Mismatch(f"{sentence}: {reply}\n{reply.headers}")

    headers = reply.headers
    need(headers["X-Content-Type-Options"] == "nosniff", "no nosniff")
    need(headers["Referrer-Policy"] == "no-referrer", "no Referrer-Policy")
    need(headers["X-Request-Id"], "no X-Request-Id")
    need(not re.search(r"\d", headers["Server"] or ""), "a Server header with a version")
    if reply.target.startswith("/api"):
        cache = headers["Cache-Control"] or ""
        need("no-store" in cache or "private" in cache, "private data without Cache-Control")
    if reply.status == 401:
        need((headers["WWW-Authenticate"] or "").startswith("Bearer"), "401, no WWW-Authenticate")
    if reply.status == 405:
        need(headers["Allow"], "405 without Allow")
    if reply.status in (429, 503):
        need((headers["Retry-After"] or "").isdigit(), "429 or 503 without Retry-After")
    if reply.status >= 400 and reply.method != "HEAD":
        need((headers["Content-Type"] or "").startswith(PROBLEM), "an error that is no problem")


def check_problem(reply):
    """RFC 9457, and one plain sentence that gives nothing away."""
    problem = reply.json
    missing = PROBLEM_MEMBERS - set(problem)
    if missing:
        raise Mismatch(f"a problem without {missing}: {reply}")
    if problem["status"] != reply.status:
        raise Mismatch(f"a problem that says another status: {reply}")
    if problem["instance"].rsplit("/", 1)[-1].rsplit(":", 1)[-1] != reply.headers["X-Request-Id"]:
        raise Mismatch(f"`instance` is not the request id: {reply}")
    if not ONE_SENTENCE.fullmatch(problem["detail"]):
        raise Mismatch(f"`detail` is not one sentence: {reply}")
    told = [problem["title"], problem["detail"]]
    told += [fault.get("msg", "") for fault in problem.get("errors", [])]
    if INSIDES.search("\n".join(told)):
        raise Mismatch(f"a problem that shows the insides: {reply}")
    if (reply.status == 422) != ("errors" in problem):
        raise Mismatch(f"422 and `errors` go together: {reply}")
    for fault in problem.get("errors", []):
        if set(fault) != {"loc", "type", "msg"} or not fault["loc"] or not fault["msg"]:
            raise Mismatch(f"a fault that does not say what and where: {reply}")


class Recorder:
    """Checks what one client sees, and writes down the first reply of each status of each
    operation: that is what the end of the run asks about."""

    def __init__(self, database, contract, file):
        self.database = database
        self.contract = contract
        self.file = file
        self.written = set()
        self.lock = threading.Lock()

    def record(self, reply):
        if reply.status >= 500 and reply.status not in (501, 503, 505):
            raise Mismatch(f"a server error: {reply}")
        template = self.contract.check(reply)
        with self.lock:
            if (reply.method, template, reply.status) in self.written:
                return
            self.written.add((reply.method, template, reply.status))
        line = json.dumps(
            {
                "database": self.database,
                "method": reply.method,
                "template": template,
                "target": reply.target[:1000],
                "status": reply.status,
                "headers": dict(reply.headers.items()),
                "body": reply.body[:4000].decode("utf-8", "replace"),
            }
        )
        with self.lock:
            self.file.write(line + "\n")
