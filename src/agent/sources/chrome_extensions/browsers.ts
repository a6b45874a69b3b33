import type { UserDirectories } from "../../system/user-directories.ts";

/**
 * Browsers of the Chromium family by osquery's `browser_type`, with the directories of their profiles. Snaps keep theirs below `snap`,
 * Flatpaks below `.var/app`.
 */
export const BROWSERS: readonly UserDirectories<string>[] = [
  {
    product: "chrome",
    linux: [".config/google-chrome", ".var/app/com.google.Chrome/config/google-chrome"],
    darwin: ["Library/Application Support/Google/Chrome"],
    windows: ["AppData/Local/Google/Chrome/User Data"],
  },
  {
    product: "chrome_beta",
    linux: [".config/google-chrome-beta"],
    darwin: ["Library/Application Support/Google/Chrome Beta"],
    windows: ["AppData/Local/Google/Chrome Beta/User Data"],
  },
  {
    product: "chrome_dev",
    linux: [".config/google-chrome-unstable", ".var/app/com.google.ChromeDev/config/google-chrome-unstable"],
    darwin: ["Library/Application Support/Google/Chrome Dev"],
    windows: ["AppData/Local/Google/Chrome Dev/User Data"],
  },
  {
    product: "chrome_canary",
    linux: [".config/google-chrome-canary"],
    darwin: ["Library/Application Support/Google/Chrome Canary"],
    windows: ["AppData/Local/Google/Chrome SxS/User Data"],
  },
  {
    product: "chromium",
    linux: [
      ".config/chromium",
      "snap/chromium/common/chromium",
      ".var/app/org.chromium.Chromium/config/chromium",
      ".var/app/io.github.ungoogled_software.ungoogled_chromium/config/chromium",
    ],
    darwin: ["Library/Application Support/Chromium"],
    windows: ["AppData/Local/Chromium", "AppData/Local/Chromium/User Data"],
  },
  {
    product: "opera",
    linux: [".config/opera", "snap/opera/current/.config/opera", ".var/app/com.opera.Opera/config/opera"],
    darwin: ["Library/Application Support/com.operasoftware.Opera"],
    windows: ["AppData/Roaming/Opera Software/Opera Stable"],
  },
  {
    product: "yandex",
    linux: [".config/yandex-browser-beta", ".config/yandex-browser", ".var/app/ru.yandex.Browser/config/yandex-browser"],
    darwin: ["Library/Application Support/Yandex/YandexBrowser"],
    windows: ["AppData/Local/Yandex/YandexBrowser/User Data"],
  },
  {
    product: "brave",
    linux: [
      ".config/BraveSoftware/Brave-Browser",
      "snap/brave/current/.config/BraveSoftware/Brave-Browser",
      ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser",
    ],
    darwin: ["Library/Application Support/BraveSoftware/Brave-Browser"],
    windows: ["AppData/Roaming/brave", "AppData/Local/BraveSoftware/Brave-Browser/User Data"],
  },
  {
    product: "brave_beta",
    linux: [".config/BraveSoftware/Brave-Browser-Beta"],
    darwin: ["Library/Application Support/BraveSoftware/Brave-Browser-Beta"],
    windows: ["AppData/Local/BraveSoftware/Brave-Browser-Beta/User Data"],
  },
  {
    product: "brave_nightly",
    linux: [".config/BraveSoftware/Brave-Browser-Nightly"],
    darwin: ["Library/Application Support/BraveSoftware/Brave-Browser-Nightly"],
    windows: ["AppData/Local/BraveSoftware/Brave-Browser-Nightly/User Data"],
  },
  {
    product: "edge",
    linux: [".config/microsoft-edge", ".var/app/com.microsoft.Edge/config/microsoft-edge"],
    darwin: ["Library/Application Support/Microsoft Edge"],
    windows: ["AppData/Local/Microsoft/Edge/User Data"],
  },
  {
    product: "edge_beta",
    linux: [".config/microsoft-edge-beta"],
    darwin: ["Library/Application Support/Microsoft Edge Beta"],
    windows: ["AppData/Local/Microsoft/Edge Beta/User Data"],
  },
  {
    product: "edge_dev",
    linux: [".config/microsoft-edge-dev", ".var/app/com.microsoft.EdgeDev/config/microsoft-edge-dev"],
    darwin: ["Library/Application Support/Microsoft Edge Dev"],
    windows: ["AppData/Local/Microsoft/Edge Dev/User Data"],
  },
  {
    product: "edge_canary",
    darwin: ["Library/Application Support/Microsoft Edge Canary"],
    windows: ["AppData/Local/Microsoft/Edge SxS/User Data"],
  },
  {
    product: "vivaldi",
    linux: [".config/vivaldi", ".var/app/com.vivaldi.Vivaldi/config/vivaldi"],
    darwin: ["Library/Application Support/Vivaldi"],
    windows: ["AppData/Local/Vivaldi/User Data"],
  },
  { product: "arc", darwin: ["Library/Application Support/Arc/User Data"] },
  { product: "dia", darwin: ["Library/Application Support/Dia/User Data"] },
  {
    product: "comet",
    darwin: ["Library/Application Support/Comet"],
    windows: ["AppData/Local/Perplexity/Comet/User Data"],
  },
];
