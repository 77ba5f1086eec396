-- 1. The table, and an address as 32 hexadecimal digits, which sort as addresses do: an IPv4 address as the IPv6
-- address ::ffff:a.b.c.d, so that one look-up answers both families. Text that is no address has no key.
CREATE OR REPLACE MACRO netwicket_quad(quad) AS
    array_to_string(list_transform(string_split(quad, '.'), lambda part: printf('%02x', CAST(part AS INTEGER))), '');
CREATE OR REPLACE MACRO netwicket_groups(groups) AS
    CASE WHEN groups = '' THEN '' ELSE array_to_string(list_transform(string_split(groups, ':'), lambda part: lpad(part, 4, '0')), '') END;
CREATE OR REPLACE MACRO netwicket_key6(address) AS
    CASE
        WHEN NOT regexp_full_match(address, '([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?(::([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?)?') THEN NULL
        WHEN NOT contains(address, '::') THEN CASE WHEN length(netwicket_groups(address)) = 32 THEN netwicket_groups(address) END
        WHEN length(netwicket_groups(split_part(address, '::', 1))) + length(netwicket_groups(split_part(address, '::', 2))) > 28 THEN NULL
        ELSE rpad(netwicket_groups(split_part(address, '::', 1)), CAST(32 - length(netwicket_groups(split_part(address, '::', 2))) AS INTEGER), '0')
            || netwicket_groups(split_part(address, '::', 2))
    END;
CREATE OR REPLACE MACRO netwicket_key(address) AS
    CASE
        WHEN regexp_full_match(address, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')
            THEN '00000000000000000000ffff' || netwicket_quad(address)
        WHEN regexp_full_match(address, '[0-9A-Fa-f:]+:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')
            THEN netwicket_key6(lower(regexp_extract(address, '^(.*:)', 1))
                || substr(netwicket_quad(regexp_extract(address, '([0-9.]+)$', 1)), 1, 4) || ':'
                || substr(netwicket_quad(regexp_extract(address, '([0-9.]+)$', 1)), 5, 4))
        ELSE netwicket_key6(lower(address))
    END;
CREATE TABLE netwicket_ranges
(
    first VARCHAR NOT NULL,
    last VARCHAR NOT NULL,
    was_decision VARCHAR,
    was_reason VARCHAR,
    was_zone VARCHAR,
    was_rule VARCHAR,
    decision VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    zone VARCHAR NOT NULL,
    rule VARCHAR NOT NULL
);

-- 2. Load.
INSERT INTO netwicket_ranges BY NAME
SELECT
    CASE family WHEN '4' THEN '00000000000000000000ffff' || printf('%08x', CAST(start_int AS BIGINT)) ELSE start_int END AS first,
    CASE family WHEN '4' THEN '00000000000000000000ffff' || printf('%08x', CAST(end_int AS BIGINT)) ELSE end_int END AS last,
    was_decision,
    was_reason,
    coalesce(was_zone, '') AS was_zone,
    coalesce(was_rule, '') AS was_rule,
    decision,
    reason,
    coalesce(zone, '') AS zone,
    coalesce(rule, '') AS rule
FROM read_csv('policy.csv.gz', header = true, all_varchar = true, quote = '"', escape = '"', delim = ',');

-- 3. Decisions about requests(client VARCHAR).
SELECT
    a.client,
    CASE WHEN t.last >= a.key THEN t.decision ELSE 'deny' END AS decision,
    CASE WHEN a.key IS NULL THEN 'client_unresolved' WHEN t.last >= a.key THEN t.reason ELSE 'no_policy' END AS reason,
    CASE WHEN t.last >= a.key THEN t.zone ELSE '' END AS zone,
    CASE WHEN t.last >= a.key THEN t.rule ELSE '' END AS rule
FROM (SELECT client, netwicket_key(client) AS key FROM requests) AS a
ASOF LEFT JOIN netwicket_ranges AS t ON a.key >= t.first;

-- 4. Differences: the requests that the two policies decide differently.
SELECT t.was_decision, t.decision, count(*) AS requests, count(DISTINCT a.client) AS clients
FROM (SELECT client, netwicket_key(client) AS key FROM requests) AS a
ASOF JOIN netwicket_ranges AS t ON a.key >= t.first
WHERE t.last >= a.key AND t.was_decision <> t.decision
GROUP BY ALL
ORDER BY ALL;
