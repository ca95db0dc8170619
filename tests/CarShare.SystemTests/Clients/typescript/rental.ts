// A whole rental, and one that is cancelled, by the types that openapi-typescript generates from the document.
// Arguments: address, token of a customer, token of an operator. Prints what the page says of both at the end.
import createClient from "openapi-fetch";
import type { components, paths } from "./carshare";

type Page = components["schemas"]["CustomerPageDto"];

const [baseUrl, customerToken, operatorToken] = process.argv.slice(2) as [string, string, string];
const clientOf = (token: string) =>
  createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const customer = clientOf(customerToken);
const staff = clientOf(operatorToken);

const key = () => ({ "Idempotency-Key": crypto.randomUUID() });

function given<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

async function seen(orderId: string, shows: (page: Page) => boolean): Promise<Page> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    const answer = await customer.GET("/customerpages/{orderId}", { params: { path: { orderId } } });
    if (answer.response.status !== 404 && shows(given(answer))) return given(answer);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the page of ${orderId} does not show it`);
}

async function run(): Promise<string> {
  const tag = crypto.randomUUID().slice(0, 8);
  const product = given(
    await staff.POST("/stocks", {
      params: { header: key() },
      body: { modelName: `Generated ${tag}`, hourlyRate: 1000, location: "Seoul", plates: [`${tag}-1`, `${tag}-2`] },
    }),
  );
  const productId = product.productId;
  const cars = given(await customer.GET("/stocks/{productId}/vehicles", { params: { path: { productId } } }));
  const car = cars.items.at(-1)!;
  given(await customer.POST("/deposits", { params: { header: key() }, body: { amount: 100_000 } }));

  const order = given(
    await customer.POST("/orders", {
      params: { header: key() },
      body: { productId, vehicleId: car.vehicleId, hours: 2, deliveryAddress: "Seoul, Jung-gu 1" },
    }),
  );
  const path = { orderId: order.orderId };
  await seen(order.orderId, (page) => page.deliveryStatus !== null);
  given(
    await staff.POST("/deliveries/{orderId}/dispatch", {
      params: { path, header: key() },
      body: { shipper: "Kim" },
    }),
  );
  given(await staff.POST("/deliveries/{orderId}/complete", { params: { path, header: key() } }));
  await seen(order.orderId, (page) => page.orderStatus === "InUse");
  given(
    await customer.POST("/orders/{id}/return", {
      params: { path: { id: order.orderId }, header: key() },
      body: { location: "Busan" },
    }),
  );
  const ended = await seen(order.orderId, (page) => page.orderStatus === "Returned");

  const second = given(
    await customer.POST("/orders", {
      params: { header: key() },
      body: { productId, hours: 1, deliveryAddress: "Seoul, Jung-gu 1" },
    }),
  );
  given(await customer.DELETE("/orders/{id}", { params: { path: { id: second.orderId } } }));
  const cancelled = await seen(second.orderId, (page) => page.refunded !== null);
  const ledger = given(await customer.GET("/deposits/ledger"));
  const told = given(await customer.GET("/notifications"));
  const orders = given(await staff.GET("/orders", { params: { query: { customerId: order.customerId } } }));
  return [
    ended.orderStatus,
    cancelled.orderStatus,
    cancelled.refunded,
    ledger.items.length > 2,
    told.items.length > 2,
    orders.items.length,
  ].join(" ");
}

run().then(console.log, (error) => {
  console.error(error);
  process.exitCode = 1;
});
