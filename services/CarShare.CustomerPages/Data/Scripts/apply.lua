-- One event: its effect and the position behind it, in one step.
-- KEYS: positions, and what the event is about ("order:<id>" | "product:<id>" | "dead-letters").
-- ARGV: partition (empty: no position), the offset it follows, the offset behind it, position, kind, then by kind.
-- Answers 1 for something new, 0 for something known, -1 when the position it follows is not there.
local positions, subject = KEYS[1], KEYS[2]
local partition, follows, behind, position, kind = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]

local stored
if partition ~= '' then
    stored = redis.call('HGET', positions, partition)
    stored = stored and tonumber(string.match(stored, '^%d+'))
    if not stored or stored < follows then return -1 end
end

local function load(key)
    local flat, hash = redis.call('HGETALL', key), {}
    for i = 1, #flat, 2 do hash[flat[i]] = flat[i + 1] end
    return hash
end

-- A field is stored as "<rank> <sequence> <JSON>".
local function outranks(rank, sequence, old)
    if not old then return true end
    local r, s = string.match(old, '^(%S+) (%S+) ')
    r, s, rank, sequence = tonumber(r), tonumber(s), tonumber(rank), tonumber(sequence)
    return rank > r or rank == r and sequence >= s
end

local function render(page, customer, order)
    local parts = { '{"orderId":"' .. order .. '","customerId":' .. cjson.encode(customer) }
    for _, field in ipairs({ 'orderStatus', 'paymentStatus', 'deliveryStatus', 'productId', 'modelName', 'quantity', 'amount', 'vehicles', 'deliveredAt', 'returnBy' }) do
        local value = page[field] and string.match(page[field], '^%S+ %S+ (.*)$')
        -- A name that no event of the order told is joined at read.
        if value or field ~= 'modelName' then
            parts[#parts + 1] = ',"' .. field .. '":' .. (value or field == 'vehicles' and '[]' or 'null')
        end
    end

    local lines = {}
    for name, line in pairs(page) do
        if string.sub(name, 1, 5) == 'line:' then lines[#lines + 1] = line end
    end
    table.sort(lines)
    -- A line is "<time> <sequence> <id> <JSON>": sortable as text.
    for i, line in ipairs(lines) do lines[i] = string.match(line, '^%S+ %S+ %S+ (.*)$') end
    return table.concat(parts) .. ',"timeline":[' .. table.concat(lines, ',') .. ']', #lines
end

local function merge(page, changes, news)
    local function set(name, value)
        if page[name] ~= value then page[name], news[name] = value, value end
    end
    for _, change in ipairs(changes) do
        set('line:' .. change.id, change.line)
        for _, fact in ipairs(change.facts) do
            local field, rank, value = fact[1], fact[2], fact[3]
            if outranks(rank, change.sequence, page[field]) then set(field, rank .. ' ' .. change.sequence .. ' ' .. value) end
        end
    end
end

local function applyToPage(order, customer, change)
    local known = redis.call('HGET', subject, 'customer')
    if customer == '' then customer = known end
    local decoded = cjson.decode(change)
    -- Nobody knows yet whose order this is: what it tells waits beside the order.
    if not customer then return redis.call('HSET', subject, decoded.id, change) end

    local changes = { decoded }
    if not known then
        for _, waiting in pairs(load(subject)) do changes[#changes + 1] = cjson.decode(waiting) end
        redis.call('DEL', subject)
        redis.call('HSET', subject, 'customer', customer)
    end

    local key = 'page:{' .. customer .. '}:' .. order
    local page, news = load(key), {}
    local fresh = page['line:' .. decoded.id] and 0 or 1
    merge(page, changes, news)
    if next(news) then
        local json, version = render(page, customer, order)
        if json ~= page.json then
            news.json, news.version = json, version
            redis.call('ZADD', 'pages:{' .. customer .. '}', 0, order)
            redis.call('PUBLISH', 'changes:{' .. customer .. '}', order)
        end
        local fields = {}
        for name, value in pairs(news) do fields[#fields + 1], fields[#fields + 2] = name, value end
        redis.call('HSET', key, unpack(fields))
    end
    return fresh
end

local function applyToProduct(version, available, modelName)
    local held = redis.call('HGET', subject, 'version')
    if held and tonumber(held) > tonumber(version) then return 0 end
    redis.call('HSET', subject, 'version', version, 'available', available, 'modelName', modelName)
    return held == version and 0 or 1
end

local fresh = 0
if kind == 'page' then fresh = applyToPage(ARGV[6], ARGV[7], ARGV[8])
elseif kind == 'product' then fresh = applyToProduct(ARGV[6], ARGV[7], ARGV[8])
elseif kind == 'park' then fresh = redis.call('HSETNX', subject, ARGV[6], ARGV[7])
end

if stored and behind > stored then redis.call('HSET', positions, partition, position) end
return fresh
