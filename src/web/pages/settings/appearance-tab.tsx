import { Panel, Prose } from "../../ui/layout.tsx";
import { Choices } from "../../ui/choices.tsx";
import { setTheme, useTheme } from "../../ui/theme.ts";

export function AppearanceTab() {
  const theme = useTheme();
  return (
    <Panel title="Theme" note="kept in this browser">
      <Choices
        label="Theme"
        value={theme}
        options={[
          { value: "system", label: "As the system", note: "light or dark as your computer is set" },
          { value: "light", label: "Light", note: "always" },
          { value: "dark", label: "Dark", note: "always" },
        ]}
        onChoose={setTheme}
      />
      <Prose>
        <p>Motion follows your computer's setting: with less motion asked for, nothing moves.</p>
      </Prose>
    </Panel>
  );
}
