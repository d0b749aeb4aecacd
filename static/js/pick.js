// [data-pick]: a scrolling list of boxes to tick; typing into its search box leaves what contains the text, and what is ticked.
function narrow(pick) {
  const words = pick.querySelector("[data-pick-search]").value.trim().toLowerCase();
  let shown = 0;
  for (const row of pick.querySelectorAll(".pick-list label")) {
    const fits = row.textContent.toLowerCase().includes(words);
    row.hidden = !fits && !row.querySelector("input").checked;
    shown += fits;
  }
  pick.querySelector(".pick-none").hidden = shown > 0;
}

export function watchPicks() {
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-pick-search]")) narrow(event.target.closest("[data-pick]"));
  });
  // Enter in the search box ticks the only one left and starts anew; it never sends the form.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || !event.target.matches("[data-pick-search]")) return;
    event.preventDefault();
    const pick = event.target.closest("[data-pick]");
    const words = event.target.value.trim().toLowerCase();
    const left = [...pick.querySelectorAll(".pick-list label")].filter((row) => words && row.textContent.toLowerCase().includes(words));
    if (left.length !== 1) return;
    left[0].querySelector("input").checked = true;
    event.target.value = "";
    narrow(pick);
  });
}
