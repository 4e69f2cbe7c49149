/* Waveforms: shows how far the playing track is in each of its pictures, and seeks in it. */
(() => {
  "use strict";
  const player = window.studioPlayer;
  const STEPS = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -15, PageUp: 15 };

  function draw(wave) {
    const mine = player.is(wave.dataset.track);
    const share = mine && player.length() ? player.position() / player.length() : 0;
    const picture = wave.querySelector("svg");
    const width = picture ? picture.viewBox.baseVal.width : 0;
    if (picture) picture.querySelector(".played").setAttribute("width", width * Math.min(share, 1));
    if (wave.getAttribute("role") !== "slider") return;
    const at = mine ? player.position() : 0;
    wave.setAttribute("aria-valuenow", Math.round(at));
    wave.setAttribute("aria-valuetext",
      `${player.clock(at)} of ${player.clock(Number(wave.dataset.length) / 1000)}`);
    const shown = document.querySelector("[data-wave-position]");
    if (shown) shown.textContent = player.clock(at);
  }

  const buttonOf = (wave) =>
    document.querySelector(`main [data-play][data-track="${wave.dataset.track}"]`);

  document.addEventListener("player:draw", () =>
    document.querySelectorAll("[data-waveform]").forEach(draw));

  document.addEventListener("pointerdown", (event) => {
    const wave = event.target.closest("[data-waveform]");
    if (!wave || event.button !== 0) return;
    const button = buttonOf(wave);
    const box = wave.getBoundingClientRect();
    const jump = (at) => player.start(button,
      (Math.max(0, Math.min(at.clientX - box.left, box.width)) / box.width)
        * (Number(button.dataset.duration) / 1000));
    const end = new AbortController();
    jump(event);
    player.play();
    document.addEventListener("pointermove", jump, { signal: end.signal });
    for (const name of ["pointerup", "pointercancel"]) {
      document.addEventListener(name, () => end.abort(), { signal: end.signal });
    }
  });

  document.addEventListener("keydown", (event) => {
    const wave = event.target.closest("[data-waveform][role=slider]");
    if (!wave || event.ctrlKey || event.metaKey || event.altKey) return;
    const end = Number(wave.dataset.length) / 1000;
    const here = player.is(wave.dataset.track) ? player.position() : 0;
    let to = null;
    if (event.key in STEPS) to = here + STEPS[event.key];
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = end;
    if (to === null) return;
    event.preventDefault();
    player.start(buttonOf(wave), Math.max(0, Math.min(to, end)));
  });
})();
