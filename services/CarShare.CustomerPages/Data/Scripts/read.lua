-- ARGV: customer, order, after, limit, list. One page (order given; the customer may be empty, then whose it is is looked up), or the
-- newest pages below "after" of a list of the customer ("pages": all, "open": those that are not over).
-- Answers what is known of the customer's archived pages (1: there are some, 0: none, empty: not known), then order, version and document
-- of each, flat: one round trip, whatever the number of pages.
local customer, order, after, limit, list = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]

local ids
if order ~= '' then
    if customer == '' then customer = redis.call('HGET', 'order:' .. order, 'customer') or '' end
    ids = { order }
else
    ids = redis.call('ZREVRANGEBYLEX', list .. ':{' .. customer .. '}', after == '' and '+' or '(' .. after, '-', 'LIMIT', 0, limit)
end

local owed = redis.call('HGET', 'customer:{' .. customer .. '}', 'owed')
local rows = { redis.call('GET', 'archived:{' .. customer .. '}') or '' }
for _, id in ipairs(ids) do
    local page = redis.call('HMGET', 'page:{' .. customer .. '}:' .. id, 'json', 'version', 'productId', 'modelName', 'owed')
    if page[1] then
        local product = page[3] and redis.call('HMGET', 'product:' .. string.match(page[3], '"(.-)"'), 'available', 'modelName') or { false, false }
        local name = page[4] and '' or ',"modelName":' .. (product[2] or 'null')
        -- What a bill left open is paid by the next top-up, whatever order it belongs to.
        local bill = page[5] and string.match(owed or page[5], '^%S+ %S+ (.*)$') or 'null'
        rows[#rows + 1] = id
        rows[#rows + 1] = page[2]
        rows[#rows + 1] = page[1] .. name .. ',"owed":' .. bill .. ',"remainingStock":' .. (product[1] or 'null') .. '}'
    end
end
return rows
