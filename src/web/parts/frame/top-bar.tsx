import { useQuery } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { meQuery } from "../../data/queries.ts";
import { useLogOut } from "../../data/session.ts";
import { paths } from "../../paths.ts";
import { IconButton } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import {
  ChevronRightIcon,
  LogOutIcon,
  MenuIcon,
  MoonIcon,
  SearchIcon,
  SettingsIcon,
  SunIcon,
  SystemThemeIcon,
  UserIcon,
} from "../../ui/icons.ts";
import { MenuHead, MenuItem, MenuRule } from "../../ui/menu.tsx";
import { Popover } from "../../ui/popover.tsx";
import { Kbd } from "../../ui/text.tsx";
import { setTheme, THEMES, useTheme } from "../../ui/theme.ts";
import type { Theme } from "../../ui/theme.ts";
import { A } from "../link.tsx";
import { useHere } from "../page.tsx";
import { useGo } from "../use-go.ts";
import { parentsOf } from "./places.ts";
import styles from "./top-bar.module.css";

export function TopBar({ onMenu, onSearch }: { onMenu: () => void; onSearch: () => void }) {
  return (
    <header className={styles.bar}>
      <span className={styles.menu}>
        <IconButton label="Menu" icon={MenuIcon} onClick={onMenu} />
      </span>
      <Breadcrumb />
      <button type="button" className={styles.search} onClick={onSearch}>
        <Icon of={SearchIcon} />
        <span className={styles.searchWords}>Search or run a command</span>
        <span className={styles.keys} aria-hidden="true">
          <Kbd>{IS_MAC ? "⌘" : "Ctrl"}</Kbd> <Kbd>K</Kbd>
        </span>
      </button>
      <ThemeMenu />
      <UserMenu />
    </header>
  );
}

const IS_MAC = navigator.platform.startsWith("Mac");

function Breadcrumb() {
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const here = useHere();
  return (
    <nav aria-label="Breadcrumb" className={styles.crumbs}>
      <ol>
        {parentsOf(pathname).map((parent) => (
          <li key={parent.href} className={styles.parent}>
            <A href={parent.href}>{parent.label}</A>
            <Icon of={ChevronRightIcon} size={14} />
          </li>
        ))}
        <li aria-current="page" className={styles.here} data-tip={here} data-tip-when="clipped">
          {here}
        </li>
      </ol>
    </nav>
  );
}

const THEME_WORDS: Record<Theme, { label: string; icon: typeof SunIcon }> = {
  system: { label: "As the system", icon: SystemThemeIcon },
  light: { label: "Light", icon: SunIcon },
  dark: { label: "Dark", icon: MoonIcon },
};

function ThemeMenu() {
  const theme = useTheme();
  return (
    <Popover
      kind="menu"
      label="Theme"
      align="end"
      trigger={(props) => <IconButton {...props} label={`Theme: ${THEME_WORDS[theme].label}`} icon={THEME_WORDS[theme].icon} />}
    >
      {(close) =>
        THEMES.map((name) => (
          <MenuItem
            key={name}
            icon={THEME_WORDS[name].icon}
            checked={name === theme}
            onPick={() => {
              setTheme(name);
              close();
            }}
          >
            {THEME_WORDS[name].label}
          </MenuItem>
        ))
      }
    </Popover>
  );
}

function UserMenu() {
  const me = useQuery(meQuery).data?.user;
  const go = useGo();
  const logOut = useLogOut();
  return (
    <Popover
      kind="menu"
      label="You"
      align="end"
      trigger={(props) => <IconButton {...props} label={me === undefined ? "You" : `You: ${me.name}`} icon={UserIcon} />}
    >
      {(close) => (
        <>
          {me !== undefined && (
            <MenuHead>
              {me.name}
              <br />
              {me.email}
            </MenuHead>
          )}
          <MenuRule />
          <MenuItem
            icon={SettingsIcon}
            onPick={() => {
              close();
              go(paths.settings("sessions"));
            }}
          >
            Your sessions
          </MenuItem>
          <MenuItem icon={LogOutIcon} onPick={() => logOut.mutate()}>
            Log out
          </MenuItem>
        </>
      )}
    </Popover>
  );
}
