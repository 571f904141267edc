package stage

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"beside/internal/proc"
	"beside/internal/screenbot"
)

// App is a running development build of the app.
type App struct {
	Process *proc.Process
	Map     string // socket of its UI map
}

// AppOptions say how to start one.
type AppOptions struct {
	Name    string   // helper or sharer: names the log and the folders
	Binary  string   // beside-dev
	Prefix  []string // see proc.Spec
	Home    string   // folder for everything this app keeps; made if needed
	Display string   // "" for the one of this process
	Lang    string   // en or nl
	Dark    bool
	Browser string       // command that opens an address; "" for the person's own browser
	Own     bool         // whether the display is one of ours, without hardware and without a desktop session
	Args    []string     // after the endpoint's flags
	Line    func(string) // each line it prints
	Stdin   bool
}

// StartApp starts the app for an endpoint. It does not wait for the window.
func StartApp(g *proc.Group, e *Endpoint, o AppOptions) (*App, error) {
	if err := os.MkdirAll(o.Home, 0o700); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	socket := filepath.Join(o.Home, "ui")
	env := []string{screenbot.MapEnv + "=" + socket}
	if o.Display != "" {
		env = append(env, "DISPLAY="+o.Display)
	}
	args := slices.Concat([]string{o.Binary}, e.Flags(), []string{"-state", filepath.Join(o.Home, "state", "beside"), "-look", map[bool]string{false: "light", true: "dark"}[o.Dark]})
	if o.Lang != "" {
		args = append(args, "-lang", o.Lang)
		locale := map[string]string{"en": "en_GB.UTF-8", "nl": "nl_NL.UTF-8"}[o.Lang]
		env = append(env, "LANG="+locale, "LC_ALL="+locale, "LANGUAGE="+o.Lang)
	}
	if o.Browser != "" {
		more, err := browserEnv(filepath.Join(o.Home, "data"), filepath.Join(o.Home, "config"), o.Browser)
		if err != nil {
			return nil, err
		}
		env = append(env, more...)
	}
	if o.Own {
		// No desktop session, so no keyring: the app must then keep its tokens in memory. On a
		// person's own display all this stays as it is, so that their own browser opens.
		env = append(
			env,
			"XDG_CONFIG_HOME="+filepath.Join(o.Home, "config"), "XDG_CACHE_HOME="+filepath.Join(o.Home, "cache"), "XDG_STATE_HOME="+filepath.Join(o.Home, "state"),
			"DBUS_SESSION_BUS_ADDRESS=unix:path="+filepath.Join(o.Home, "no-bus"), "LIBGL_ALWAYS_SOFTWARE=1", "WAYLAND_DISPLAY=", "XDG_SESSION_TYPE=x11",
		)
	}
	p, err := g.Start(proc.Spec{
		Name: o.Name, Prefix: o.Prefix, Argv: append(args, o.Args...),
		Env: env, Line: o.Line, Stdin: o.Stdin,
	})
	if err != nil {
		return nil, err
	}
	return &App{Process: p, Map: socket}, nil
}

// browserEnv makes xdg-open, and what else asks the desktop for a browser, run the command.
func browserEnv(data, config, command string) ([]string, error) {
	const name = "beside-demo-browser.desktop"
	for file, text := range map[string]string{
		filepath.Join(data, "applications", name): "[Desktop Entry]\nType=Application\nName=Browser of the demo\nNoDisplay=true\nExec=" + command + " %u\n" +
			"MimeType=x-scheme-handler/http;x-scheme-handler/https;\n",
		filepath.Join(config, "mimeapps.list"): "[Default Applications]\nx-scheme-handler/http=" + name + "\nx-scheme-handler/https=" + name + "\ntext/html=" + name + "\n",
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return nil, fmt.Errorf("stage: %w", err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("stage: %w", err)
		}
	}
	return []string{"BROWSER=" + command, "XDG_DATA_HOME=" + data, "XDG_CURRENT_DESKTOP="}, nil
}
