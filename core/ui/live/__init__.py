"""The Live page's pieces: the stream, what is chosen for it, what it says, the game, the recorder, the camera test."""
