package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	libraryModule = "github.com/netwicket/netwicket"
	programModule = libraryModule + "/cmd"
	taggedAs      = "v0.0.1"
)

// installAsTagged does what docs/releasing.md says, with a folder in place of the
// tags and of the proxy that serves them, and installs the program from there as
// anybody would: outside of the workspace and with an empty cache of modules.
func (p *prover) installAsTagged() ([]string, error) {
	folder, err := os.MkdirTemp("", "netwicket-prove-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	cached, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	cache, elsewhere, _ := strings.Cut(strings.TrimSpace(string(cached)), "\n")
	release := &release{proxy: filepath.Join(folder, "proxy"), env: append(os.Environ(),
		"GOWORK=off", "GOFLAGS=-modcacherw", "GOSUMDB=off", "GOMODCACHE="+filepath.Join(folder, "modules"), "GOBIN="+filepath.Join(folder, "bin"),
		"GOPROXY=file://"+filepath.Join(folder, "proxy")+",file://"+filepath.Join(cache, "cache", "download")+","+elsewhere)}

	library, program := filepath.Join(folder, "library"), filepath.Join(folder, "program")
	if err := p.copyModule(".", library); err != nil {
		return nil, err
	}
	if err := release.publish(libraryModule, library); err != nil {
		return nil, err
	}
	if err := p.copyModule("cmd", program); err != nil {
		return nil, err
	}
	for _, arguments := range [][]string{{"mod", "edit", "-require=" + libraryModule + "@" + taggedAs}, {"mod", "tidy"}} {
		if err := release.goCommand(program, arguments...); err != nil {
			return nil, err
		}
	}
	if err := release.publish(programModule, program); err != nil {
		return nil, err
	}
	if err := release.goCommand(folder, "install", programModule+"/netwicket@"+taggedAs); err != nil {
		return nil, err
	}
	says, err := exec.Command(filepath.Join(folder, "bin", "netwicket"), "version").Output()
	if err != nil || !strings.Contains(string(says), taggedAs) {
		return nil, fmt.Errorf("the program says its version is %q: %w", says, err)
	}
	return []string{"go install " + programModule + "/netwicket@" + taggedAs + " from a folder in place of the proxy"}, nil
}

// copyModule copies what git knows of a module, without the modules inside it.
func (p *prover) copyModule(module, to string) error {
	list := exec.Command("git", "ls-files", "-z")
	list.Dir = filepath.Join(p.root, module)
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	var files, nested []string
	for name := range strings.SplitSeq(string(out), "\x00") {
		if folder := filepath.Dir(name); filepath.Base(name) == "go.mod" && folder != "." {
			nested = append(nested, folder+"/")
		}
		if name != "" {
			files = append(files, name)
		}
	}
	for _, name := range files {
		inside := false
		for _, folder := range nested {
			inside = inside || strings.HasPrefix(name, folder)
		}
		if inside {
			continue
		}
		if err := copyFile(filepath.Join(list.Dir, name), filepath.Join(to, name)); err != nil && !os.IsNotExist(err) {
			return err // what was deleted and not yet committed is not there
		}
	}
	return nil
}

// release is a folder that serves modules as a proxy does, and who asks it.
type release struct {
	proxy string
	env   []string
}

func (r *release) goCommand(folder string, arguments ...string) error {
	command := exec.Command("go", arguments...)
	command.Dir, command.Env = folder, r.env
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(arguments, " "), err, out)
	}
	return nil
}

// publish puts a module where go looks for a tag: go help goproxy.
func (r *release) publish(module, staged string) error {
	at := filepath.Join(r.proxy, filepath.FromSlash(module), "@v")
	if err := copyFile(filepath.Join(staged, "go.mod"), filepath.Join(at, taggedAs+".mod")); err != nil {
		return err
	}
	for name, text := range map[string]string{"list": taggedAs + "\n", taggedAs + ".info": `{"Version":"` + taggedAs + `","Time":"2026-01-01T00:00:00Z"}`} {
		if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	out, err := os.Create(filepath.Join(at, taggedAs+".zip"))
	if err != nil {
		return err
	}
	archive := zip.NewWriter(out)
	return errors.Join(pack(archive, staged, module+"@"+taggedAs), archive.Close(), out.Close())
}

// pack adds the files of a folder under another name. There are no entries for
// folders: go does not take them.
func pack(archive *zip.Writer, folder, as string) error {
	sources := os.DirFS(folder)
	return fs.WalkDir(sources, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(sources, name)
		if err != nil {
			return err
		}
		file, err := archive.Create(as + "/" + name)
		if err != nil {
			return err
		}
		_, err = file.Write(content)
		return err
	})
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}
