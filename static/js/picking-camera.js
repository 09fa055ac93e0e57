// Scanning by the phone's camera, where the browser can read barcodes; elsewhere there is no button.
import { $, on } from "./dom.js";

const LOOK_MS = 160;
const SAME_MS = 2000; // the same code again is the same thing still before the camera

export async function offerCamera(found) {
  const dialog = $("#camera");
  if (!dialog || !("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  const video = $("video", dialog);
  const detector = new window.BarcodeDetector();
  let stream = null;
  let last = { code: "", at: 0 };

  async function look() {
    if (!stream) return;
    const [seen] = await detector.detect(video).catch(() => []);
    const now = performance.now();
    if (seen && (seen.rawValue !== last.code || now - last.at > SAME_MS)) {
      last = { code: seen.rawValue, at: now };
      found(seen.rawValue);
    } else if (seen) last.at = now;
    setTimeout(look, LOOK_MS);
  }

  const offer = () => {
    const button = $("[data-camera]");
    if (button) button.hidden = false;
  };
  offer();
  document.addEventListener("htmx:afterSettle", offer); // the list came anew, and the button with it
  on("click", "[data-camera]", async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      $("[data-camera-refused]").hidden = false;
      return;
    }
    video.srcObject = stream;
    dialog.showModal();
    await video.play();
    look();
  });
  dialog.addEventListener("close", () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
  });
}
