// Runs before the first paint (not a module): no flash of the wrong theme.
(function () {
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    var choice = root.dataset.theme;
    root.dataset.bsTheme = choice === "dark" || (choice !== "light" && dark.matches) ? "dark" : "light";
  }
  apply();
  dark.addEventListener("change", apply);
  root.addEventListener("k:theme", apply);
})();
