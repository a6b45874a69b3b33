-- Phase 2 of a check-in as one call (decision 0010): what were up to nine statements between begin and commit, each with its way to the
-- server and back. In plpgsql and not one statement with many WITHs, because every statement in here sees what is committed once the
-- locks are held; one statement would see the moment before it waited for them.

-- One check-in's changes of the counts, as a single row of the ledger with the labels that count the host. The caller holds the host's lock.
CREATE FUNCTION count_changes_append(
  host bigint, software_added bigint[], software_removed bigint[], titles_added bigint[], titles_removed bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- labels whose criteria mention software look at the host again
  IF EXISTS (SELECT FROM labels l WHERE 'software' = ANY (l.criteria_fields)) THEN
    INSERT INTO label_host_changes (host_id, fields) VALUES (host, '{software}');
  END IF;
  INSERT INTO software_count_changes (software_added, software_removed, titles_added, titles_removed, label_ids)
  VALUES (count_changes_append.software_added, count_changes_append.software_removed, count_changes_append.titles_added,
    count_changes_append.titles_removed, ARRAY(SELECT m.label_id FROM label_membership m WHERE m.host_id = host AND m.counted));
END $$;

-- Ends, makes and updates a host's links, appends history and ledger, stores the digests, and advances the host's sequence: when host and
-- catalogue are still at the sequence and epoch at which that was planned. Otherwise nothing is done; what they are at is returned either
-- way, no row when there is no such host. Arrays of a part belong together element by element; an array of nothing but nulls may be null.
CREATE FUNCTION link_host(
  host integer, planned_sequence bigint, planned_epoch bigint,
  ended_software integer[], ended_title bigint[], ended_event text[], ended_next bigint[],
  software integer[], facts integer[], opened double precision[], since double precision[], paths text[], signatures text[], by_whom text[],
  updates json, events json, titles_added bigint[], titles_removed bigint[], sources json
) RETURNS TABLE (software_sequence bigint, title_epoch bigint) LANGUAGE plpgsql AS $$
DECLARE
  ended integer := 0;
BEGIN
  SELECT h.software_sequence INTO link_host.software_sequence FROM hosts h WHERE h.id = host FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  link_host.title_epoch := catalogue_lock_share();
  RETURN NEXT;
  IF link_host.software_sequence <> planned_sequence OR link_host.title_epoch <> planned_epoch THEN
    RETURN;
  END IF;
  IF ended_software IS NOT NULL THEN
    WITH unlinked AS (
      DELETE FROM host_software hs USING unnest(ended_software, ended_title, ended_event, ended_next) e (software_id, title_id, event, next_id)
      WHERE hs.host_id = host AND hs.software_id = e.software_id
      RETURNING hs.software_id, hs.created_at, hs.installed_by, e.title_id, e.event, e.next_id
    )
    INSERT INTO host_software_history (host_id, software_id, title_id, installed_at, event, next_software_id, installed_by)
    SELECT host, u.software_id, u.title_id, u.created_at, u.event, u.next_id, u.installed_by FROM unlinked u;
    GET DIAGNOSTICS ended = ROW_COUNT;
    IF ended <> cardinality(ended_software) THEN
      RAISE EXCEPTION 'host %: % of % links found', host, ended, cardinality(ended_software) USING ERRCODE = 'serialization_failure';
    END IF;
  END IF;
  IF software IS NOT NULL THEN
    INSERT INTO host_software (host_id, software_id, facts_id, last_opened_at, created_at, installed_paths, signature_information, installed_by)
    SELECT host, r.software_id, r.facts_id, to_timestamp(r.opened), coalesce(to_timestamp(r.since), now()), r.paths::text[],
      r.signatures::json, r.installed_by
    FROM unnest(software, facts, opened, since, paths, signatures, by_whom) r (software_id, facts_id, opened, since, paths, signatures, installed_by);
  END IF;
  IF updates IS NOT NULL THEN
    UPDATE host_software hs
    SET facts_id = r.facts_id, last_opened_at = to_timestamp(r.opened), installed_paths = r.paths, signature_information = r.signatures,
      installed_by = r.installed_by
    FROM json_to_recordset(updates) r (software_id integer, facts_id integer, opened double precision, paths text[], signatures json,
      installed_by text)
    WHERE hs.host_id = host AND hs.software_id = r.software_id;
  END IF;
  IF events IS NOT NULL THEN
    INSERT INTO host_software_history (host_id, software_id, title_id, installed_at, removed_at, event, next_software_id, installed_by)
    SELECT host, r.software_id, r.title_id, now(), now(), r.event, r.next, r.by
    FROM json_to_recordset(events) r (software_id bigint, title_id bigint, event text, next bigint, by text);
  END IF;
  IF software IS NOT NULL OR ended > 0 OR titles_added IS NOT NULL OR titles_removed IS NOT NULL THEN
    PERFORM count_changes_append(host, coalesce(software, '{}')::bigint[], coalesce(ended_software, '{}')::bigint[],
      coalesce(titles_added, '{}'), coalesce(titles_removed, '{}'));
  END IF;
  INSERT INTO host_software_sources AS s (host_id, source, digest, rows_count, error, first_reported_at, derivation_version)
  SELECT host, r.source, coalesce(decode(r.digest, 'hex'), ''), coalesce(r.rows_count, 0), r.error,
    CASE WHEN r.digest IS NOT NULL THEN now() END, r.version
  FROM json_to_recordset(sources) r (source text, digest text, rows_count integer, error text, version integer)
  ON CONFLICT (host_id, source) DO UPDATE SET
    digest = CASE WHEN EXCLUDED.digest = '' THEN s.digest ELSE EXCLUDED.digest END,
    rows_count = CASE WHEN EXCLUDED.digest = '' THEN s.rows_count ELSE EXCLUDED.rows_count END,
    updated_at = CASE WHEN EXCLUDED.digest = '' THEN s.updated_at ELSE now() END,
    first_reported_at = CASE WHEN s.digest = '' THEN EXCLUDED.first_reported_at ELSE s.first_reported_at END,
    derivation_version = greatest(s.derivation_version, EXCLUDED.derivation_version),
    error = EXCLUDED.error;
  UPDATE hosts h
  SET software_sequence = h.software_sequence + 1, software_count = software_count + coalesce(cardinality(software), 0) - ended,
    software_updated_at = now()
  WHERE h.id = host;
END $$;
