// Command gallery draws every page of the desktop app with invented data and saves
// pictures of them, or shows one in a window: go run -tags dev ./app/screens/gallery -out DIR.
package main
