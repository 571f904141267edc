// Command beside is the desktop app of Beside: it picks the implementations for this platform,
// wires them together and hands over to package app. It decides nothing itself.
package main
