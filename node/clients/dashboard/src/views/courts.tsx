// Open cases before the court.
import { grouped, words } from '../format';
import { useAsked, useOpen } from '../hooks';
import { to } from '../route';
import { Accounts, Badge, Card, Meter, Page, Problem, Table } from '../ui';

/** The chain has at most some thousand cases; the first of them are shown. */
const ROWS = 100;

export function Courts() {
	const { chain } = useOpen();
	const courts = useAsked(({ client }) => client.rpc.courts(), ['courts'], { eachBlock: true });
	const all = courts.value;
	return (
		<Page
			title="Courts"
			lead="Where two answers differ, or one is challenged, every validator computes the answer again, and whoever was wrong loses stake."
		>
			<Card
				side={
					all &&
					all.length > ROWS && (
						<small>
							the first {ROWS} of {grouped(all.length)}
						</small>
					)
				}
			>
				{courts.error ? (
					<Problem error={courts.error} />
				) : (
					<Table
						caption="Open cases"
						rows={all?.slice(0, ROWS)}
						rowKey={({ request }) => request}
						empty="No case is open."
						columns={[
							{
								name: 'Request',
								cell: ({ request }) => <a href={to.request(request)}>{request}</a>,
							},
							{
								name: 'Phase',
								cell: ({ phase }) => (
									<Badge
										name={words(phase)}
										tone={phase === 'waiting' ? 'quiet' : 'warn'}
									/>
								),
							},
							{ name: 'Sitting', isNumber: true, cell: ({ sitting }) => sitting + 1 },
							{
								name: 'Votes',
								cell: ({ votes, of }) => (
									<Meter
										value={votes}
										max={of}
										label={`${votes} of ${of} validators voted`}
									/>
								),
							},
							{
								name: 'Phase ends',
								isNumber: true,
								cell: ({ until }) =>
									until === null
										? '–'
										: `in ${Math.max(until - chain.clock, 0)} ticks`,
							},
							{
								name: 'Dispute since',
								isNumber: true,
								cell: ({ since }) => `block ${grouped(since)}`,
							},
							{
								name: 'Challengers',
								cell: ({ challengers }) => (
									<Accounts addresses={challengers} none="none: answers differ" />
								),
							},
						]}
					/>
				)}
			</Card>
		</Page>
	);
}
