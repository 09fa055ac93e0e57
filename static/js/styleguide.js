import { toast } from "./app.js";

document.querySelector("#sg-toast").addEventListener("click", () => toast({ text: "№10428 → Погоджено", undo_url: "#" }));
document.querySelector("#sg-toast-bad").addEventListener("click", () => toast({ text: "Перевізник не відповідає. Накладну буде створено пізніше.", level: "error" }));
