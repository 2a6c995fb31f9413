"""Live video processing: detection, tracking, game and capture, independent of Streamlit and WebRTC."""
