/* Keeps the one poller of a page honest: silent while hidden, awake on return, deaf to errors. */
"use strict";
(() => {
  const poller = () => document.getElementById("poller");
  const wake = () => document.body.dispatchEvent(new CustomEvent("wake"));
  const stop = (element) => window.htmx.trigger(element, "htmx:abort");
  let inFlight = false;
  let missed = false;

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return wake();
    if (poller()) stop(poller());
  });
  window.addEventListener("online", wake);
  window.addEventListener("pageshow", (event) => event.persisted && wake());

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id !== "poller") return;
    if (document.hidden) return event.preventDefault();
    inFlight = true;
  });
  /* A wake that comes while a poll is under way would be lost with the element that heard it. */
  document.body.addEventListener("wake", () => { missed = inFlight; });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id === "poller") inFlight = false;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (inFlight || !missed) return;
    missed = false;
    wake();
  });

  /* Only a poller may take the poller's place: no error page, no proxy's page, nothing empty. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, xhr } = event.detail;
    if (event.detail.requestConfig.elt.id !== "poller" || !elt) return;
    if (xhr.status !== 200 || !xhr.responseText.includes('id="poller"')) event.detail.shouldSwap = false;
  });
  /* A poll of the page just left must not put its cards into the next one. */
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    if (event.target.id !== "poller") return;
    inFlight = false;
    stop(event.target);
  });
})();
