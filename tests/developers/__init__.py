"""The skeletons of the developer guides: each keeps the laws, and passes the tests, that its guide asks for."""
