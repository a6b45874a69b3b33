import {
  fixtureImage,
  fixtureImageNames,
  HAS_SHARED_IMAGES,
  type Image,
  sharedImage,
  sharedImageNames,
} from "#test/support/simulated-osquery/images.ts";

/**
 * The images that hosts are made of, in an order that mixes platforms, so that any number of hosts has all of them: every whole device
 * of the shared data, or the repository's few fixtures where it is absent (then figures compare with nothing).
 */
export function benchImages(): { images: Image[]; kind: "shared" | "fixtures" } {
  if (!HAS_SHARED_IMAGES) return { images: fixtureImageNames().map(fixtureImage), kind: "fixtures" };
  const images = sharedImageNames()
    .filter((name) => !name.startsWith("fragments/"))
    .map(sharedImage);
  return { images: mixed(images), kind: "shared" };
}

/** Deals the images of each platform out evenly. */
function mixed(images: Image[]): Image[] {
  const families = [...Map.groupBy(images, (image) => image.name.split("-")[0]).values()];
  const placed = families.flatMap((family) => family.map((image, i) => ({ image, place: (i + 0.5) / family.length })));
  return placed.toSorted((a, b) => a.place - b.place).map(({ image }) => image);
}
