/* Keeps the one poller of a page honest: silent while hidden, awake on return, deaf to errors. */
"use strict";
(() => {
  const poller = () => document.getElementById("poller");
  const wake = () => document.body.dispatchEvent(new CustomEvent("wake"));
  let inFlight = false;
  let missed = false;

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) wake();
  });
  window.addEventListener("online", wake);
  window.addEventListener("pageshow", (event) => event.persisted && wake());

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id !== "poller") return;
    if (document.hidden) return event.preventDefault();
    inFlight = true;
    /* On the element itself: what is no longer in the page tells the document nothing. */
    event.detail.elt.addEventListener("htmx:beforeSwap", judge, { once: true });
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

  /* Only a poller may take the poller's place: no error page, no proxy's page, nothing empty.
     A late answer to a poller that is gone must not put its cards into what came after it. */
  function judge(event) {
    const { requestConfig, xhr } = event.detail;
    const usable = xhr.status === 200 && xhr.responseText.includes('id="poller"');
    if (!usable || requestConfig.elt !== poller()) event.detail.shouldSwap = false;
  }
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    if (event.target.id === "poller") inFlight = false;
  });
})();
