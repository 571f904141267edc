package eventlog

import "golang.org/x/sys/windows/svc/eventlog"

// source is the event source that the installer registers.
const source = "Beside"

type windowsLog struct{ *eventlog.Log }

func open(Options) system {
	l, err := eventlog.Open(source)
	if err != nil {
		return nil
	}
	return windowsLog{l}
}

func (w windowsLog) write(k Kind, message string, _ []Field) error {
	switch k.Level {
	case Error:
		return w.Error(uint32(k.ID), message)
	case Warning:
		return w.Warning(uint32(k.ID), message)
	case Notice, Info:
	}
	return w.Info(uint32(k.ID), message)
}
