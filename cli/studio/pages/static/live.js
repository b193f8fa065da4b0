// Pieces of a page that take seconds: asked for once the page is there.
import { replace } from "./studio.js";

for (const place of document.querySelectorAll("[data-live]")) {
  if (place instanceof HTMLElement) replace(place.dataset.live ?? "", place);
}
