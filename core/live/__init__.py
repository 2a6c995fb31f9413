"""Live video without a page: frames in, boxes out, a game and a recorder. Knows neither Streamlit nor WebRTC."""
