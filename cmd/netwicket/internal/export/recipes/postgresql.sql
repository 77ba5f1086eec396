-- 1. The table, and an address as 32 hexadecimal digits, which sort as addresses do: an IPv4 address as the IPv6
-- address ::ffff:a.b.c.d, so that one look-up answers both families. Text that is no address has no key.
CREATE FUNCTION netwicket_key(address text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    bytes bytea;
BEGIN
    IF address !~ '^[0-9A-Fa-f:.]+$' OR address ~ '(^|[.:])0[0-9]+[.]' OR address !~ ':' AND address !~ '^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$'
        OR address ~ '[.]0[0-9]+$' THEN
        RETURN NULL;
    END IF;
    bytes := inet_send(CAST(address AS inet));
    IF length(bytes) = 8 THEN
        RETURN '00000000000000000000ffff' || encode(substring(bytes FROM 5), 'hex');
    END IF;
    RETURN encode(substring(bytes FROM 5), 'hex');
EXCEPTION WHEN invalid_text_representation THEN
    RETURN NULL;
END
$$;
CREATE FUNCTION netwicket_bucket(key text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN left(key, 24) = '00000000000000000000ffff' THEN '4' || substr(key, 25, 4) ELSE '6' || left(key, 4) END
$$;
CREATE TABLE netwicket_ranges
(
    bucket text COLLATE "C" NOT NULL,
    first text COLLATE "C" PRIMARY KEY,
    last text COLLATE "C" NOT NULL,
    was_decision text,
    was_reason text,
    was_zone text,
    was_rule text,
    decision text NOT NULL,
    reason text NOT NULL,
    zone text NOT NULL,
    rule text NOT NULL
);

-- 2. Load, by psql.
CREATE TEMPORARY TABLE netwicket_csv
(
    family text, start_ip text, end_ip text, start_int text, end_int text, network_bucket text,
    decision text, reason text, zone text, rule text
    , was_decision text, was_reason text, was_zone text, was_rule text
);
\copy netwicket_csv FROM PROGRAM 'gzip -dc policy.csv.gz' WITH (FORMAT csv, HEADER true)
INSERT INTO netwicket_ranges
(
    bucket, first, last,
    was_decision, was_reason, was_zone, was_rule,
    decision, reason, zone, rule
)
SELECT
    netwicket_bucket(netwicket_key(start_ip)), netwicket_key(start_ip), netwicket_key(end_ip),
    was_decision, was_reason, coalesce(was_zone, ''), coalesce(was_rule, ''),
    decision, reason, coalesce(zone, ''), coalesce(rule, '')
FROM netwicket_csv;
DROP TABLE netwicket_csv;
CREATE INDEX ON netwicket_ranges (bucket);
ANALYZE netwicket_ranges;

-- 3. Decisions about requests(client text): by bucket, for many requests of IPv4. Not for a table with --no-buckets.
SELECT
    a.client,
    coalesce(t.decision, 'deny') AS decision,
    coalesce(t.reason, CASE WHEN a.key IS NULL THEN 'client_unresolved' ELSE 'no_policy' END) AS reason,
    coalesce(t.zone, '') AS zone,
    coalesce(t.rule, '') AS rule
FROM (SELECT client, netwicket_key(client) COLLATE "C" AS key FROM requests) AS a
LEFT JOIN netwicket_ranges AS t ON t.bucket = netwicket_bucket(a.key) AND a.key BETWEEN t.first AND t.last;

-- 3b. The same by index, one look-up for each request: for IPv6, too, of which single buckets hold thousands of ranges.
SELECT
    a.client,
    coalesce(t.decision, 'deny') AS decision,
    coalesce(t.reason, CASE WHEN a.key IS NULL THEN 'client_unresolved' ELSE 'no_policy' END) AS reason,
    coalesce(t.zone, '') AS zone,
    coalesce(t.rule, '') AS rule
FROM (SELECT client, netwicket_key(client) COLLATE "C" AS key FROM requests) AS a
LEFT JOIN LATERAL (SELECT * FROM netwicket_ranges AS r WHERE r.first <= a.key ORDER BY r.first DESC LIMIT 1) AS t ON t.last >= a.key;

-- 4. Differences: the requests that the two policies decide differently.
SELECT t.was_decision, t.decision, count(*) AS requests, count(DISTINCT a.client) AS clients
FROM (SELECT client, netwicket_key(client) COLLATE "C" AS key FROM requests) AS a
JOIN LATERAL (SELECT * FROM netwicket_ranges AS r WHERE r.first <= a.key ORDER BY r.first DESC LIMIT 1) AS t ON t.last >= a.key
WHERE t.was_decision <> t.decision
GROUP BY t.was_decision, t.decision
ORDER BY t.was_decision, t.decision;
