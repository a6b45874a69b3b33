// Runs before the first paint so that a chosen theme never flashes in the other one; without a choice the system's theme holds.
try {
  const theme = localStorage.getItem("muster.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // storage is closed to us (private mode, policy): the system's theme it is
}
