// What every page needs and nothing more: each part finds its elements by data-attributes and does without if there are none.
import { keepDrafts } from "./drafts.js";
import { watchPicks } from "./pick.js";
import { watchSelection } from "./selection.js";

document.documentElement.classList.add("js");

const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

// htmx sends the CSRF token as a header.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token) event.detail.headers["X-CSRFToken"] = token;
  // Filters left empty stay out of the address, so that a link can be sent.
  if (event.detail.verb === "get") {
    const sent = event.detail.formData;
    for (const name of new Set(sent.keys())) if (sent.getAll(name).every((value) => value === "")) sent.delete(name);
  }
});

// A part that could not be loaded must not fail silently.
function tell(text) {
  const line = document.createElement("div");
  line.className = "alert-line alert-error";
  line.setAttribute("role", "alert");
  const words = document.createElement("span");
  words.textContent = text;
  line.append(words);
  document.getElementById("messages")?.replaceChildren(line);
  window.scrollTo({ top: 0 });
}
document.addEventListener("htmx:responseError", (event) => {
  tell(`没有完成：服务器答复 ${event.detail.xhr.status}。请刷新页面再试；填写的内容还在。`);
});
document.addEventListener("htmx:sendError", () => tell("没有连上服务器，请检查网络后再试；填写的内容还在。"));

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)) {
    const search = document.querySelector("[data-slash-focus]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest('form[method="post"]');
    if (form) {
      event.preventDefault();
      form.requestSubmit();
    }
  } else if (event.key === "Escape") {
    const open = event.target.closest("details[data-menu][open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
});

// A click anywhere on a row leads where its first link leads; controls keep their own clicks, marked text is left alone.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const row = event.target.closest("tr[data-href]");
  if (!row || event.target.closest("a, button, input, label, select, summary") || String(window.getSelection())) return;
  if (event.target.closest("td.select")) return;
  if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
  else window.location.assign(row.dataset.href);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-sidebar-toggle]");
  if (toggle) {
    const narrow = document.body.classList.toggle("sidebar-narrow");
    document.cookie = `sidebar=${narrow ? "narrow" : "wide"}; path=/; max-age=31536000; samesite=lax`;
    return;
  }
  const filler = event.target.closest("[data-fill-username]");
  if (filler) {
    document.querySelector("#id_username").value = filler.dataset.fillUsername;
    document.querySelector("#id_password").value = filler.dataset.fillPassword;
    document.querySelector("#id_password").form.querySelector('button[type="submit"]').focus();
    return;
  }
  const printer = event.target.closest("[data-print]");
  if (printer) window.print();
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  window.setTimeout(() => delete form.dataset.sent, 4000);
});

function arrive(root) {
  root.querySelectorAll("details[data-open-without-js]").forEach((details) => { details.open = false; });
  root.querySelector("[data-focus]")?.focus();
}
arrive(document);
document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) arrive(event.detail.elt); });
keepDrafts();
watchSelection();
watchPicks();
