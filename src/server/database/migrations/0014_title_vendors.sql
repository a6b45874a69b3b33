-- Lists of software that show, filter and sort by the vendor of titles, by identifiers and by architecture.

-- The vendor that most of a title's versions name, of those that some host holds; of equally many the one of the newest. Kept by whoever
-- writes the counts (inventory/title-vendor-store.ts), which is one at a time.
ALTER TABLE software_titles ADD COLUMN vendor text NOT NULL DEFAULT '';
UPDATE software_titles t SET vendor = k.vendor
FROM (
  SELECT DISTINCT ON (title_id) title_id, vendor FROM (
    SELECT s.title_id, s.vendor, count(*) AS versions, max(s.id) AS newest
    FROM software s JOIN software_counts c ON c.software_id = s.id
    WHERE s.vendor <> '' AND c.hosts_count > 0 GROUP BY s.title_id, s.vendor
  ) v ORDER BY title_id, versions DESC, newest DESC
) k WHERE t.id = k.title_id;

-- What names nothing comes last, as the greatest character there is: a list by vendor begins with vendors. Collation "C" puts it there.
CREATE INDEX software_titles_vendor ON software_titles ((coalesce(nullif(lower(vendor), ''), U&'\+10FFFF') COLLATE "C"), id);
CREATE INDEX software_titles_identifier ON software_titles
  ((coalesce(nullif(lower(bundle_identifier || upgrade_code || application_id), ''), U&'\+10FFFF') COLLATE "C"), id);
DROP INDEX software_vendor;
CREATE INDEX software_vendor ON software ((coalesce(nullif(lower(vendor), ''), U&'\+10FFFF') COLLATE "C"), id);
CREATE INDEX software_arch ON software ((coalesce(nullif(lower(arch), ''), U&'\+10FFFF') COLLATE "C"), id);
