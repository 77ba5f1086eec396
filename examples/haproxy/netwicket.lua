-- Asks netwicket whether a request may pass and puts the answer into the variable
-- txn.netwicket: "allow", or "deny" for everything else. An error in here, a
-- service that is not there, and an answer that is not 204 leave it at "deny".
--
-- Needs HAProxy 2.6 or later with Lua (haproxy -vv says USE_LUA=1).

-- The section netwicket of haproxy.cfg, which knows where the service is and when to
-- give it up.
local url = os.getenv("NETWICKET_URL") or "http://127.0.0.1:9181/decide"
local milliseconds = 450 -- more than it takes there to give up

-- All that the client claims, and at the right what the connection says. A
-- connection over a local socket has no address, nor has one that the PROXY
-- protocol calls LOCAL or UNKNOWN there: nil, or the client's claims would be all
-- there is, and believed.
local function chain(txn)
    local source = txn.f:src()
    if not source or source == "" then
        return nil
    end
    local hops = {}
    local lines = txn.http:req_get_headers()["x-forwarded-for"]
    local i = 0 -- HAProxy counts header lines from 0
    while lines and lines[i] do
        hops[#hops + 1] = lines[i]
        i = i + 1
    end
    hops[#hops + 1] = source
    return table.concat(hops, ", ")
end

core.register_action("netwicket", { "http-req" }, function(txn)
    txn:set_var("txn.netwicket", "deny")
    txn:set_var("txn.netwicket_reference", "-") -- what the denied client may name when it asks why
    local client = chain(txn)
    if not client then
        return
    end
    local answer = core.httpclient():get{
        url = url,
        headers = { ["x-forwarded-for"] = { client } },
        timeout = milliseconds,
    }
    if answer and answer.status == 204 then
        txn:set_var("txn.netwicket", "allow")
    elseif answer and answer.headers and answer.headers["x-netwicket-reference"] then
        txn:set_var("txn.netwicket_reference", answer.headers["x-netwicket-reference"][0])
    end
end)
