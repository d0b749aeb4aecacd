// form[data-entry]: a call is written down with the keyboard alone. Enter moves on (Ctrl+Enter sends, as everywhere); while
// somebody types, #lookup[data-lookup] shows the communities meant and the household's earlier orders. In the box of the
// community ↑ ↓ choose among them and Enter takes the chosen one.
const ASKED = ["phone", "community", "building", "building_unit", "room"];
const DELAY = 200;
const form = document.querySelector("form[data-entry]");
const lookup = document.querySelector("#lookup[data-lookup]");
let timer = 0;
let asked = 0;
// The text in the community's box that what is shown answers: a name typed since is not replaced by an earlier one.
let answered = null;

async function look() {
  const params = new URLSearchParams();
  for (const name of ASKED) if (form.elements[name]?.value) params.set(name, form.elements[name].value);
  const number = ++asked;
  try {
    const answer = await fetch(`${lookup.dataset.lookup}?${params}`, { headers: { "X-Requested-With": "fetch" } });
    // Only the last question's answer is shown.
    if (!answer.ok || answer.redirected || number !== asked) return;
    lookup.innerHTML = await answer.text();
    answered = params.get("community");
    const known = lookup.querySelector(".known-place");
    if (known) fillCompany(known);
  } catch { /* without the answer one goes on typing; the server finds the community when the form is sent */ }
}

function fillCompany(place) {
  const company = form.elements.company;
  if (company && !company.dataset.chosen) company.value = place.dataset.company;
}

const options = () => [...lookup.querySelectorAll('[role="option"]')];
const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true");

function move(step) {
  const all = options();
  if (!all.length) return;
  const at = (all.indexOf(chosen()) + step + all.length) % all.length;
  all.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
  form.elements.community.setAttribute("aria-activedescendant", all[at].id);
}

function take(option) {
  form.elements.community.value = option.dataset.place;
  fillCompany(option);
  look();
}

function next(field) {
  const fields = [...form.querySelectorAll("input, select, textarea, button")].filter((each) => each.type !== "hidden" && !each.disabled && each.offsetParent);
  fields[fields.indexOf(field) + 1]?.focus();
}

if (form && lookup) {
  form.elements.phone?.focus();
  form.addEventListener("input", (event) => {
    if (!ASKED.includes(event.target.name)) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(look, DELAY);
  });
  form.elements.company?.addEventListener("change", (event) => { event.target.dataset.chosen = "1"; });
  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (field.name === "community" && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && field.matches("input, select")) {
      event.preventDefault();
      // The only one meant is named in full too.
      const option = field.name === "community" && field.value === answered && (chosen() || lookup.querySelector(".known-place"));
      if (option) take(option);
      next(field);
    }
  });
  lookup.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (!option) return;
    take(option);
    form.elements.building?.focus();
  });
}
