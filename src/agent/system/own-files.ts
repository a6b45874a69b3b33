import { FileRefusedError, isForbidden, readText } from "./files.ts";

/**
 * A text file of a person's program; null when it does not exist, may not be read, is no regular file or is absurdly large. It must
 * not cost the rest of a list.
 * @throws the system's error when reading fails otherwise
 */
export async function readOwnText(path: string, bytesMax: number): Promise<string | null> {
  try {
    return await readText(path, bytesMax);
  } catch (error) {
    if (isForbidden(error) || error instanceof FileRefusedError) return null;
    throw error;
  }
}
