// form[data-draft="a key"]: what is typed is kept on this device until the form has been accepted.
//
// The draft is written while typing and offered again when the page is opened and its fields still hold what the server
// sent, to the same person (body[data-person]); signing out takes all drafts along. It goes once the page after the sending is one of the site without that form (an error or the login page keeps it).
const PREFIX = "draft:";
const DAYS = 7;
const SKIPPED = new Set(["csrfmiddlewaretoken", "version", "next"]);

const store = {
  read(key) {
    try { return JSON.parse(window.localStorage.getItem(PREFIX + key)); } catch { return null; }
  },
  write(key, value) {
    try { window.localStorage.setItem(PREFIX + key, JSON.stringify(value)); } catch { /* full or forbidden: no draft */ }
  },
  drop(key) {
    try { window.localStorage.removeItem(PREFIX + key); } catch { /* nothing kept */ }
  },
};

const keyOf = (form) => `${form.dataset.draft}@${window.location.pathname}@${document.body.dataset.person ?? ""}`;

function dropAll() {
  try {
    for (const key of Object.keys(window.localStorage)) if (key.startsWith(PREFIX)) window.localStorage.removeItem(key);
  } catch { /* nothing kept */ }
}

function fields(form) {
  return [...form.elements].filter((field) => field.name && !SKIPPED.has(field.name) && !["file", "password", "hidden", "submit", "button"].includes(field.type));
}

function values(form) {
  const kept = {};
  for (const field of fields(form)) {
    if (["checkbox", "radio"].includes(field.type)) {
      (kept[field.name] ??= []).push(...(field.checked ? [field.value] : []));
    } else if (field.multiple) {
      kept[field.name] = [...field.selectedOptions].map((option) => option.value);
    } else {
      (kept[field.name] ??= []).push(field.value);
    }
  }
  return kept;
}

function fill(form, kept) {
  const left = structuredClone(kept);
  for (const field of fields(form)) {
    const wanted = left[field.name];
    if (!wanted) continue;
    if (["checkbox", "radio"].includes(field.type)) field.checked = wanted.includes(field.value);
    else if (field.multiple) for (const option of field.options) option.selected = wanted.includes(option.value);
    else field.value = wanted.shift() ?? field.value;
  }
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function note(form, key, restored, original) {
  const line = document.createElement("div");
  line.className = "draft-note";
  line.setAttribute("role", "status");
  const words = document.createElement("span");
  const when = new Date(restored).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  words.textContent = `已恢复 ${when} 没有提交的草稿，附件需要重新选择。`;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-button";
  button.textContent = "不要草稿";
  button.addEventListener("click", () => {
    store.drop(key);
    fill(form, original);
    line.remove();
  });
  line.append(words, button);
  form.prepend(line);
}

function watch(form) {
  const key = keyOf(form);
  const original = values(form);
  const draft = store.read(key);
  // A form that the server gave back with errors already holds what was typed.
  const givenBack = form.querySelector(".error-summary, .has-error") !== null || form.dataset.restored !== undefined;
  if (draft && Date.now() - draft.at < DAYS * 86400000 && !givenBack && !same(draft.values, original)) {
    fill(form, draft.values);
    note(form, key, draft.at, original);
  }
  let timer = 0;
  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => store.write(key, { at: Date.now(), values: values(form) }), 400);
  });
  form.addEventListener("submit", () => {
    window.clearTimeout(timer);
    store.write(key, { at: Date.now(), values: values(form) });
    window.sessionStorage.setItem("draft-sent", key);
  });
}

export function keepDrafts() {
  const forms = [...document.querySelectorAll("form[data-draft]")];
  let sent = null;
  try {
    sent = window.sessionStorage.getItem("draft-sent");
    // Sent, and the answer is a page of the site without that form: it was accepted. The login page accepts nothing.
    const shown = forms.some((form) => keyOf(form) === sent);
    const thanked = document.querySelector("#messages .alert-success") !== null;
    if (sent && (!shown || thanked) && document.body.classList.contains("has-shell")) {
      store.drop(sent);
      window.sessionStorage.removeItem("draft-sent");
    }
  } catch { /* no storage, no drafts */ }
  forms.forEach(watch);
  for (const form of document.querySelectorAll("form[data-sign-out]")) form.addEventListener("submit", dropAll);
}
