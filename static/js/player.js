/* The player: the one audio node of the page, outside #content so that it outlives every swap.
   Other scripts read it through window.studioPlayer; buttons are found by [data-play]. */
(() => {
  "use strict";
  const bar = document.getElementById("player");
  const audio = bar.querySelector("audio");
  const part = (name) => bar.querySelector(`[data-${name}]`);
  const [toggle, now, seek, volume] = ["toggle", "now", "seek", "volume"].map(part);
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("player") : null;
  let track = null;
  let dragging = false;

  const clock = (seconds) => {
    const whole = Math.round(seconds || 0);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };
  const length = () =>
    (Number.isFinite(audio.duration) && audio.duration) || (track ? track.duration / 1000 : 0);

  function show() {
    bar.hidden = false;
    part("title").textContent = track.title;
    part("artist").textContent = track.artist;
    now.href = track.page;
    now.querySelector("img").src = `${track.cover}?size=160`;
    if ("mediaSession" in navigator) {
      navigator.mediaSession.metadata = new MediaMetadata({
        title: track.title,
        artist: track.artist,
        artwork: [320, 640].map((size) => ({
          src: `${track.cover}?size=${size}`, sizes: `${size}x${size}`, type: "image/webp",
        })),
      });
    }
  }

  function load(next, position) {
    track = next;
    audio.src = track.audio;
    if (position) audio.currentTime = position;
    show();
    redraw();
  }

  const is = (id) => track !== null && track.id === id;
  const play = () => audio.play().catch(() => { redraw(); });
  const go = (seconds) => { audio.currentTime = Math.max(0, Math.min(seconds, length())); redraw(); };

  function describe(button) {
    const { track: id, audio: source, title, artist, cover, page, duration } = button.dataset;
    return { id, audio: source, title, artist, cover, page, duration: Number(duration) };
  }

  function press(button) {
    if (!is(button.dataset.track)) load(describe(button), 0);
    else if (!audio.paused) return audio.pause();
    return play();
  }

  function mark(button, playing, name) {
    button.toggleAttribute("data-playing", playing);
    button.setAttribute("aria-label", `${playing ? "Pause" : "Play"}${name ? ` ${name}` : ""}`);
  }

  /* Everything on the page that shows the sound is drawn anew from the audio node. */
  function redraw() {
    const playing = track !== null && !audio.paused;
    document.querySelectorAll("[data-play]").forEach((button) => {
      const mine = is(button.dataset.track);
      mark(button, playing && mine, button.dataset.title);
      if (mine && button.dataset.title !== track.title) { track = describe(button); show(); }
    });
    mark(toggle, playing, "");
    seek.max = length() || 1;
    if (!dragging) seek.value = audio.currentTime;
    seek.setAttribute("aria-valuetext", `${clock(seek.value)} of ${clock(length())}`);
    part("position").textContent = clock(seek.value);
    part("length").textContent = clock(length());
    document.dispatchEvent(new CustomEvent("player:draw"));
  }

  function keep() {
    if (track) sessionStorage.setItem("track", JSON.stringify({ track, at: audio.currentTime }));
  }

  window.studioPlayer = {
    is, play, clock, length,
    position: () => audio.currentTime,
    start: (button, seconds) => {
      if (!is(button.dataset.track)) load(describe(button), seconds);
      else go(seconds);
    },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-play]");
    if (button) press(button);
  });
  toggle.addEventListener("click", () => (audio.paused ? play() : audio.pause()));
  seek.addEventListener("input", () => { dragging = true; redraw(); });
  seek.addEventListener("change", () => { dragging = false; go(Number(seek.value)); });
  volume.addEventListener("input", () => {
    audio.volume = volume.value;
    localStorage.setItem("volume", volume.value);
  });
  for (const name of ["play", "pause", "timeupdate", "durationchange", "seeked", "ended", "emptied"]) {
    audio.addEventListener(name, redraw);
  }
  audio.addEventListener("play", () => channel && channel.postMessage("playing"));
  audio.addEventListener("error", () => {
    if (track) document.dispatchEvent(new CustomEvent("notice", {
      detail: { text: "This track could not be played. Reload the page and try again." },
    }));
  });
  if (channel) channel.onmessage = () => audio.pause();
  if ("mediaSession" in navigator) {
    const on = (name, act) => navigator.mediaSession.setActionHandler(name, act);
    on("play", play);
    on("pause", () => audio.pause());
    on("seekto", (detail) => go(detail.seekTime));
  }
  document.addEventListener("htmx:load", redraw);
  window.addEventListener("pageshow", redraw);
  window.addEventListener("pagehide", keep);

  volume.value = audio.volume = Number(localStorage.getItem("volume") ?? 1);
  /* After a full reload the track stands there paused; signed out, nobody's music is remembered. */
  const kept = JSON.parse(sessionStorage.getItem("track") || "null");
  if (bar.hasAttribute("data-signed-out")) sessionStorage.removeItem("track");
  else if (kept) {
    /* It may be in the trash by now, or no longer this person's: then its cover is not given. */
    now.querySelector("img").addEventListener("error", () => {
      if (!is(kept.track.id) || !audio.paused) return;
      track = null;
      bar.hidden = true;
      sessionStorage.removeItem("track");
      redraw();
    }, { once: true });
    load(kept.track, kept.at);
  }
})();
