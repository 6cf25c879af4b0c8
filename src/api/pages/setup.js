// Makes the first administrator with the token behind the # of the address, which no server and no
// log ever sees.
const form = document.getElementById("form");
const told = document.getElementById("told");
const token = new URLSearchParams(location.hash.slice(1)).get("t") || "";

function end(sentence) {
  form.hidden = true;
  told.textContent = sentence;
}

async function begin() {
  const about = await (await fetch("/api/about")).json();
  if (!about.needs_setup) end("There is an administrator already: sign in.");
  else if (!token) end("Open the whole link that `fasti serve` has printed.");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const reply = await fetch("/api/setup", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token, ...Object.fromEntries(new FormData(form)) }),
  });
  const said = await reply.json();
  if (reply.ok) {
    history.replaceState(null, "", location.pathname);
    end(`${said.user.username} is the administrator now, and can sign in.`);
    return;
  }
  const faults = (said.errors || []).map((fault) => `${fault.loc.at(-1)}: ${fault.msg}`);
  told.textContent = faults.length > 0 ? faults.join(" ") : said.detail;
});

begin();
