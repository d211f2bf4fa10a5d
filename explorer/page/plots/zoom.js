// Time on the traces: mouse, touch and keys zoom, move, and lead the cursor.

// host: {view(), duration(), setView([from, to] or null), cursor(), setCursor(part), box()}.
export function timeControls(canvas, host) {
  const pointers = new Map();
  let drag = null;
  const timeAt = (x) => {
    const box = host.box();
    if (!box) return 0;
    const [from, to] = host.view();
    return from + Math.min(Math.max((x - box.left)/box.width, 0), 1)*(to - from);
  };
  const local = (event) => event.clientX - canvas.getBoundingClientRect().left;
  const zoom = (factor, around) => {
    const [from, to] = host.view();
    host.setView(limited(around - (around - from)*factor, around + (to - around)*factor, host.duration()));
  };
  const move = (by) => {
    const [from, to] = host.view(), width = to - from;
    const start = Math.min(Math.max(from + by, 0), host.duration() - width);
    host.setView(limited(start, start + width, host.duration()));
  };

  canvas.addEventListener("wheel", (event) => {
    if (event.ctrlKey || Math.abs(event.deltaY) > Math.abs(event.deltaX)) {
      if (document.activeElement !== canvas && !event.ctrlKey) return;  // the page scrolls
      event.preventDefault();
      zoom(1.0015**event.deltaY, timeAt(local(event)));
    } else {
      event.preventDefault();
      const [from, to] = host.view();
      move(event.deltaX*(to - from)/1000);
    }
  }, { passive: false });

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture?.(event.pointerId);
    pointers.set(event.pointerId, local(event));
    if (pointers.size === 2) drag = { pinch: spread(pointers), view: host.view() };
    else drag = { start: timeAt(local(event)), x: local(event), view: host.view(), pan: event.shiftKey
      || event.pointerType === "touch" };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    pointers.set(event.pointerId, local(event));
    if (drag?.pinch && pointers.size === 2) {
      const now = spread(pointers), [from, to] = drag.view, box = host.box();
      const middle = from + (drag.pinch.middle - box.left)/box.width*(to - from);
      const width = (to - from)*drag.pinch.width/Math.max(now.width, 20);
      const start = middle - (now.middle - box.left)/box.width*width;
      host.setView(limited(start, start + width, host.duration()));
    } else if (drag?.pan && Math.abs(local(event) - drag.x) > 3) {
      const [from, to] = drag.view;
      host.setView(host.view());
      move((drag.x - local(event))/host.box().width*(to - from) + from - host.view()[0]);
      drag.moved = true;
    } else if (drag && !drag.pan && !drag.pinch) {
      drag.moved = drag.moved || Math.abs(local(event) - drag.x) > 6;
      if (drag.moved) host.select?.(drag.start, timeAt(local(event)));
    }
  });
  const end = (event) => {
    if (!pointers.has(event.pointerId)) return;
    pointers.delete(event.pointerId);
    if (drag && !drag.pinch && !drag.moved) host.setCursor(timeAt(local(event))/host.duration());
    if (drag?.moved && !drag.pan) {
      const [a, b] = [drag.start, timeAt(local(event))].sort((x, y) => x - y);
      host.select?.(null);
      host.setView(limited(a, b, host.duration()));
    }
    drag = null;
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", () => { pointers.clear(); drag = null; host.select?.(null); });
  canvas.addEventListener("dblclick", () => host.setView(null));

  canvas.addEventListener("keydown", (event) => {
    const [from, to] = host.view(), width = to - from, at = host.cursor()*host.duration();
    const step = event.shiftKey ? width/20 : width/200;
    const keys = {
      ArrowLeft: () => host.setCursor((at - step)/host.duration()),
      ArrowRight: () => host.setCursor((at + step)/host.duration()),
      Home: () => host.setCursor(from/host.duration()),
      End: () => host.setCursor(to/host.duration()),
      PageUp: () => move(-width/2),
      PageDown: () => move(width/2),
      "+": () => zoom(0.7, at),
      "=": () => zoom(0.7, at),
      "-": () => zoom(1/0.7, at),
      0: () => host.setView(null),
      Escape: () => host.setView(null),
    };
    if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      keys[event.key]();
    }
  });
}

function spread(pointers) {
  const [a, b] = [...pointers.values()];
  return { middle: (a + b)/2, width: Math.abs(a - b) };
}

// A window inside the run, not narrower than a thousandth of it; the whole run is null.
function limited(from, to, duration) {
  const least = duration/2000;
  let width = Math.min(Math.max(to - from, least), duration);
  let start = Math.min(Math.max(from, 0), duration - width);
  if (width > duration*0.9999) { width = duration; start = 0; return null; }
  return [start, start + width];
}
