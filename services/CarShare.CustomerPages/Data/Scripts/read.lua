-- ARGV: customer, order, after, limit. One page (order given; the customer may be empty, then whose it is is looked up), or the customer's newest pages below "after".
-- Answers order, version and document of each, flat: one round trip, whatever the number of pages.
local customer, order, after, limit = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

local ids
if order ~= '' then
    if customer == '' then customer = redis.call('HGET', 'order:' .. order, 'customer') or '' end
    ids = { order }
else
    ids = redis.call('ZREVRANGEBYLEX', 'pages:{' .. customer .. '}', after == '' and '+' or '(' .. after, '-', 'LIMIT', 0, limit)
end

local rows = {}
for _, id in ipairs(ids) do
    local page = redis.call('HMGET', 'page:{' .. customer .. '}:' .. id, 'json', 'version', 'productId', 'modelName')
    if page[1] then
        local product = page[3] and redis.call('HMGET', 'product:' .. string.match(page[3], '"(.-)"'), 'available', 'modelName') or { false, false }
        local name = page[4] and '' or ',"modelName":' .. (product[2] or 'null')
        rows[#rows + 1] = id
        rows[#rows + 1] = page[2]
        rows[#rows + 1] = page[1] .. name .. ',"remainingStock":' .. (product[1] or 'null') .. '}'
    end
end
return rows
