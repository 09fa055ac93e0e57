// The page of papers: its button prints it.
document.querySelector("[data-print-page]")?.addEventListener("click", () => window.print());
