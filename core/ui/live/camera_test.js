// Says why there is no picture. Runs when the button is pressed; the state "report" goes to the page.

export default function ({ parentElement, data, setStateValue }) {
  const button = parentElement.querySelector("button");
  button.onclick = async () => {
    button.disabled = true;
    button.textContent = "Testing …";
    try {
      setStateValue("report", { ...(await examine(data.ice_servers)), at: Date.now() });
    } finally {
      button.disabled = false;
      button.textContent = "Test the camera";
    }
  };
}

const REASONS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
  OverconstrainedError: "constraints",
};

async function examine(iceServers) {
  if (!window.isSecureContext) return { verdict: "insecure" };
  if (!navigator.mediaDevices?.getUserMedia) return { verdict: "unsupported" };
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: true });
  } catch (error) {
    return { verdict: REASONS[error.name] ?? "error", detail: `${error.name}: ${error.message}` };
  }
  try {
    const [track] = stream.getVideoTracks();
    const size = await firstFrame(stream);
    if (!size) return { verdict: "dark", detail: track.label };
    const blocked = await connection(iceServers);
    return { verdict: blocked ?? "ok", detail: `${track.label}, ${size}` };
  } finally {
    stream.getTracks().forEach((track) => track.stop());
  }
}

async function firstFrame(stream) {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = stream;
  await video.play().catch(() => {});
  for (let tries = 0; tries < 30 && !video.videoWidth; tries++) await pause(100);
  const size = video.videoWidth ? `${video.videoWidth}×${video.videoHeight}` : null;
  video.srcObject = null;
  return size;
}

// Whether the browser finds any address of its own, and the relay when there should be one.
async function connection(iceServers) {
  if (!window.RTCPeerConnection) return "no-webrtc";
  const relayed = iceServers.some((server) => [server.urls].flat().some((url) => url.startsWith("turn")));
  const peer = new RTCPeerConnection({ iceServers });
  const kinds = new Set();
  peer.onicecandidate = (event) => event.candidate?.candidate && kinds.add(event.candidate.type);
  peer.createDataChannel("test");
  await peer.setLocalDescription(await peer.createOffer());
  const enough = () => (relayed ? kinds.has("relay") : kinds.size > 0);
  for (let tries = 0; tries < 50 && !enough(); tries++) await pause(100);
  peer.close();
  if (!kinds.size) return "no-webrtc";
  return relayed && !kinds.has("relay") ? "no-relay" : null;
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
