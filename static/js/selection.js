// Rows chosen in a list: the bar at the bottom appears with their number. Without JavaScript the bar is always there.
const boxes = () => [...document.querySelectorAll('.ledger tbody input[name="selected"]')];

function update() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest("tr").classList.toggle("chosen", box.checked);
  const bar = document.querySelector("[data-selection]");
  if (bar) {
    bar.classList.toggle("selection-open", chosen.length > 0);
    bar.querySelector("[data-selected-count]").textContent = String(chosen.length);
  }
  const head = document.querySelector("[data-select-all]");
  if (head) {
    head.checked = all.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
}

// Shift marks everything between the last box and this one.
let last = null;
function range(box) {
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (from >= 0) for (const between of all.slice(from, to + 1)) between.checked = box.checked;
}

export function watchSelection() {
  document.addEventListener("click", (event) => {
    if (event.target.matches('.ledger input[name="selected"]')) {
      if (event.shiftKey && last) range(event.target);
      last = event.target;
      update();
    } else if (event.target.closest("[data-select-none]")) {
      for (const box of boxes()) box.checked = false;
      update();
    } else if (event.target.matches("[data-select-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
      update();
    }
  });
  document.addEventListener("htmx:afterSettle", update);
  window.addEventListener("pageshow", update);
  update();
}
