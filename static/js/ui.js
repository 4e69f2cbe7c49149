/* Small conveniences that a page can do without: chips, Ctrl+Enter, running clocks, toasts. */
(() => {
  "use strict";
  const form = () => document.getElementById("studio-form");

  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-example], [data-style]");
    if (!chip || !form()) return;
    const { dataset } = chip, { elements } = form();
    for (const name of ["prompt", "style", "duration"]) {
      if (name in dataset) elements[name].value = dataset[name];
    }
    elements["prompt" in dataset ? "prompt" : "style"].focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const around = event.target.closest("form[data-ctrl-enter]");
    if (around) { event.preventDefault(); around.requestSubmit(); }
  });

  function tick() {
    document.querySelectorAll("[data-started]").forEach((clock) => {
      const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(clock.dataset.started)) / 1000));
      clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    });
    document.querySelectorAll("[data-until]").forEach((clock) => {
      const seconds = Math.ceil((Date.parse(clock.dataset.until) - Date.now()) / 1000);
      const left = seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
      clock.textContent = seconds > 0 ? `Next try in ${left}.` : "Trying again now.";
    });
  }
  setInterval(tick, 1000);
  document.addEventListener("htmx:load", tick);

  function say(text) {
    const toast = document.createElement("p");
    toast.textContent = text;
    document.getElementById("toasts").replaceChildren(toast);
    setTimeout(() => toast.remove(), 8000);
  }
  document.addEventListener("notice", (event) => say(event.detail.text));

  /* The clipboard's own interface is missing over plain http. */
  document.addEventListener("click", ({ target }) => {
    if (!target.matches("[data-copy]")) return;
    target.previousElementSibling.select();
    say(document.execCommand("copy") ? "Copied." : "Now press Ctrl+C.");
  });

  /* An error page of ours takes the place of the page asked for, so the music plays on. Any other
     error is never swapped in: a form says so in place; the poller is silent, it tries again. */
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const ours = detail.boosted && detail.serverResponse.includes('id="content"');
    if (ours && detail.xhr.status >= 400) { detail.shouldSwap = true; detail.isError = false; }
  });

  function failed({ detail: { elt, xhr } }) {
    if (elt.id === "poller") return;
    say(xhr.status ? `That did not work (${xhr.status}). Reload the page and try again.`
      : "The studio does not answer. Nothing was sent twice; try again in a moment.");
  }
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, failed);
  }

  /* Answers may come in another order than they were asked for: the last step asked for counts.
     On the target itself: what is no longer in the page tells the document nothing. */
  let step = null;
  document.addEventListener("htmx:beforeRequest", ({ detail: { boosted, target, xhr } }) => {
    if (!boosted) return;
    step = xhr;
    target.addEventListener("htmx:beforeSwap", (event) => {
      if (event.detail.xhr === xhr && step !== xhr) event.preventDefault();
    });
  });
  document.addEventListener("htmx:historyCacheMiss", ({ detail: { xhr } }) => {
    const show = xhr.onload;
    step = xhr;
    xhr.onload = () => { if (step === xhr) show.call(xhr); };
  });

  /* The header stands outside #content: after a boosted step it still names the old page. */
  function markPage() {
    const here = window.location.pathname;
    document.querySelectorAll("header :is(nav, .who) a").forEach((link) => {
      const path = new URL(link.href).pathname;
      const current = path === "/" ? here === "/" : here.startsWith(path);
      if (current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  }
  document.addEventListener("htmx:pushedIntoHistory", markPage);
  document.addEventListener("htmx:historyRestore", markPage);
  document.addEventListener("htmx:afterSettle", (event) => {
    markPage();
    const { target } = event;
    if (target.id !== "content" && target.id !== "studio-form") return;
    const wrong = target.querySelector("[aria-invalid=true]");
    if (wrong) wrong.focus();
    else if (target.id === "content") target.focus({ preventScroll: true });
    else document.querySelector("#generation-list article")?.scrollIntoView({
      block: "nearest", behavior: matchMedia("(prefers-reduced-motion)").matches ? "auto" : "smooth",
    });
  });
})();
