-- Pages on their way between here and the archive. ARGV:
-- "due", latest, limit, youth: pages that are over, were last told of by then (in seconds since year 1) and whose order is not as young as
-- that (in milliseconds, by the clock of this server); answers order, customer, version, digest and content of each, flat.
-- "leave", order, customer, digest: the page is archived and goes, unless it is another one by now; answers 1 when it went.
-- "back", order, customer, content, latest: the page is here again, unless it is already, and counts as last told of then.
local function digest(key)
    local flat, fields = redis.call('HGETALL', key), {}
    for i = 1, #flat, 2 do fields[#fields + 1] = flat[i] .. '\0' .. flat[i + 1] end
    table.sort(fields)
    return redis.sha1hex(table.concat(fields, '\0'))
end

if ARGV[1] == 'due' then
    local rows, now = {}, redis.call('TIME')
    local oldEnough = tonumber(now[1]) * 1000 - tonumber(ARGV[4])
    for _, order in ipairs(redis.call('ZRANGEBYSCORE', 'over', '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])) do
        local customer = redis.call('HGET', 'order:' .. order, 'customer')
        local key = 'page:{' .. (customer or '') .. '}:' .. order
        local version = redis.call('HGET', key, 'version')
        -- Its id begins with the time it was made at.
        local made = tonumber(string.sub(order, 1, 8) .. string.sub(order, 10, 13), 16)
        if version and made < oldEnough then
            local flat, page = redis.call('HGETALL', key), {}
            for i = 1, #flat, 2 do page[flat[i]] = flat[i + 1] end
            for _, cell in ipairs({ order, customer, version, digest(key), cjson.encode(page) }) do rows[#rows + 1] = cell end
        elseif not version then
            redis.call('ZREM', 'over', order)
        end
    end
    return rows
end

local order, customer = ARGV[2], ARGV[3]
local key, archived = 'page:{' .. customer .. '}:' .. order, 'archived:{' .. customer .. '}'
if ARGV[1] == 'leave' then
    if digest(key) ~= ARGV[4] then return 0 end
    redis.call('DEL', key, 'order:' .. order)
    redis.call('ZREM', 'pages:{' .. customer .. '}', order)
    redis.call('ZREM', 'over', order)
    redis.call('SET', archived, '1')
    return 1
end

if redis.call('EXISTS', key) == 1 then return 0 end
local fields = {}
for name, value in pairs(cjson.decode(ARGV[4])) do fields[#fields + 1], fields[#fields + 2] = name, value end
redis.call('HSET', key, unpack(fields))
redis.call('HSET', 'order:' .. order, 'customer', customer)
redis.call('ZADD', 'pages:{' .. customer .. '}', 0, order)
redis.call('ZADD', 'over', ARGV[5], order)
return 1
