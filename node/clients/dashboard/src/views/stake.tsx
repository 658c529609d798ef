// Staking for holders: delegate, see what became of it, take it out, and be paid.
import type { Client, schema } from '@opg-chain/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { exactOpg, opg, parseOpg, percent } from '../format';
import { useAsked, useOpen } from '../hooks';
import { to } from '../route';
import { accrue, type Gain } from '../rewards';
import { type Role, roleOf, staking, validators, worths } from '../storage';
import {
	Account,
	Badge,
	Card,
	explain,
	Fact,
	Facts,
	Field,
	Hash,
	Notice,
	Opg,
	Page,
	Pager,
	Problem,
	Table,
} from '../ui';
import { accountsOf, addressOf, development, type Signer, useExtensions } from '../wallet';

type Calls = ReturnType<typeof calls>;
/** Validators of a page. Each is asked for. */
const VALIDATORS = 10;

// Kept while the reader looks at other views.
let kept: Signer | null = null;

export function Stake({ operator, role }: { operator: string | null; role: Role }) {
	const open = useOpen();
	const [signer, setSigner] = useState(kept);
	const choose = (next: Signer | null) => {
		kept = next;
		setSigner(next);
	};
	// A key that everybody has signs on development chains alone.
	const isUsable = signer && (open.isDevelopment || signer.source !== 'development key');
	const address = isUsable ? addressOf(signer, open.chain.ss58Prefix) : null;
	const account = useAsked(
		async ({ client }) => (address ? client.rpc.account(address) : null),
		[address],
		{ eachBlock: true },
	);
	const [running, setRunning] = useState<Running | null>(null);
	const send = async (what: string, call: (all: Calls) => Call) => {
		if (!signer) return;
		setRunning({ what, state: 'busy' });
		try {
			const api = await open.client.api();
			const { block } = await open.client.transact(call(calls(api)), {
				signer: signer.signer,
			});
			setRunning({ what, state: 'done', note: `in block ${block.number}` });
		} catch (error) {
			setRunning({ what, state: 'failed', note: explain(error) });
		}
		account.reload();
	};
	const isBusy = running?.state === 'busy';
	return (
		<Page
			title="Stake"
			lead="OPG that you delegate stands behind an operator: it earns as the operator earns, and is slashed as the operator is."
		>
			<Choose signer={isUsable ? signer : null} onChoose={choose} />
			{running && <Progress running={running} />}
			{account.error ? <Problem error={account.error} /> : null}
			{address && account.value && (
				<>
					<Balances address={address} account={account.value} />
					<Delegations
						key={address}
						address={address}
						account={account.value}
						isBusy={isBusy}
						send={send}
					/>
				</>
			)}
			<Delegate
				key={`${operator} ${role}`}
				operator={operator}
				role={role}
				free={account.value ? BigInt(account.value.free) : null}
				isBusy={isBusy}
				send={send}
			/>
			<Validators />
		</Page>
	);
}

interface Running {
	what: string;
	state: 'busy' | 'done' | 'failed';
	note?: string;
}

type Send = (what: string, call: (all: Calls) => Call) => Promise<void>;
type Api = Awaited<ReturnType<Client['api']>>;
type Call = Parameters<Client['transact']>[0];

/** The calls that a holder signs. */
function calls(api: Api) {
	const { Staking } = api.tx;
	return {
		delegate: (operator: string, role: Role, amount: bigint): Call =>
			Staking.delegate({ operator, role: roleOf(role), amount }),
		undelegate: (operator: string, role: Role, amount: bigint): Call =>
			Staking.undelegate({ operator, role: roleOf(role), amount }),
		withdraw: (operator: string, role: Role, delegator: string): Call =>
			Staking.withdraw({ operator, role: roleOf(role), delegator }),
	};
}

function Progress({ running: { what, state, note } }: { running: Running }) {
	const tone = { busy: 'busy', done: 'good', failed: 'bad' }[state];
	return (
		<div class={`notice ${tone}`} role={state === 'failed' ? 'alert' : 'status'}>
			<strong>{what}</strong> {state === 'busy' && 'is signed, and waits for a block …'}
			{state === 'done' && `is ${note}.`}
			{state === 'failed' && `failed: ${note}`}
		</div>
	);
}

function Choose({
	signer,
	onChoose,
}: {
	signer: Signer | null;
	onChoose: (signer: Signer | null) => void;
}) {
	const open = useOpen();
	const extensions = useExtensions();
	const [accounts, setAccounts] = useState<Signer[]>();
	const [error, setError] = useState<unknown>();
	const connect = async (extension: string) => {
		setError(undefined);
		try {
			setAccounts(await accountsOf(extension));
		} catch (error) {
			setError(error);
		}
	};
	if (signer) {
		return (
			<Card
				title="Your account"
				side={
					<button type="button" onClick={() => onChoose(null)}>
						Use another one
					</button>
				}
			>
				<Facts>
					<Fact name="Name">
						{signer.name} <small class="quiet">({signer.source})</small>
					</Fact>
					<Fact name="Address">
						<Hash value={addressOf(signer, open.chain.ss58Prefix)} isWhole />
					</Fact>
				</Facts>
			</Card>
		);
	}
	return (
		<Card title="Your account">
			<div class="buttons">
				{extensions.map((name) => (
					<button
						key={name}
						type="button"
						class="main"
						onClick={() => void connect(name)}
					>
						Connect {name}
					</button>
				))}
			</div>
			{extensions.length === 0 && (
				<p class="empty">
					No wallet extension was found in this browser. Talisman, SubWallet and
					polkadot.js are some that fit.
				</p>
			)}
			{error ? <Problem error={error} what="The wallet refused." /> : null}
			{accounts && (
				<ul class="accounts">
					{accounts.map((account) => (
						<li key={account.name}>
							<button type="button" onClick={() => onChoose(account)}>
								{account.name}
							</button>{' '}
							<Account address={addressOf(account, open.chain.ss58Prefix)} />
						</li>
					))}
					{accounts.length === 0 && <li>The wallet shows this page no account.</li>}
				</ul>
			)}
			{open.isDevelopment && (
				<Field
					label="Or a development key"
					hint="This is a chain for development. Everybody has these keys."
				>
					{(ids) => (
						<select
							{...ids}
							value=""
							onChange={(event) => {
								const name = event.currentTarget.value;
								if (name) onChoose(development(name));
							}}
						>
							<option value="">Choose …</option>
							{[...open.names.values()].map((name) => (
								<option key={name} value={name}>
									{name}
								</option>
							))}
						</select>
					)}
				</Field>
			)}
		</Card>
	);
}

function Balances({ address, account }: { address: string; account: schema.Account }) {
	const staked = account.delegations.reduce((sum, { stake }) => sum + BigInt(stake), 0n);
	return (
		<dl class="tiles" aria-label={`Balances of ${address}`}>
			<Tile name="Free" planck={account.free} />
			<Tile name="Held" planck={account.held} note="for requests, deposits, own pools" />
			<Tile name="Delegated" planck={staked} note="worth now" />
		</dl>
	);
}

function Tile({ name, planck, note }: { name: string; planck: string | bigint; note?: string }) {
	return (
		<div class="tile">
			<dt>{name}</dt>
			<dd>
				<strong>
					<Opg planck={planck} />
				</strong>
				{note && <small>{note}</small>}
			</dd>
		</div>
	);
}

function Delegations({
	address,
	account,
	isBusy,
	send,
}: {
	address: string;
	account: schema.Account;
	isBusy: boolean;
	send: Send;
}) {
	const { chain } = useOpen();
	const terms = useAsked(({ client }) => staking(client), ['terms']);
	const { delegations } = account;
	const gains = useGains(address, delegations);
	return (
		<Card title="Your delegations">
			<Table
				caption="Your delegations"
				rows={delegations}
				rowKey={({ operator, role }) => `${operator} ${role}`}
				empty="None yet."
				columns={[
					{ name: 'Operator', cell: ({ operator }) => <Account address={operator} /> },
					{ name: 'Role', cell: ({ role }) => role },
					{
						name: 'Worth now',
						isNumber: true,
						cell: ({ stake }) => <Opg planck={stake} />,
					},
					{
						name: 'Change here',
						isNumber: true,
						cell: (delegation) => {
							const gain = gains.get(key(delegation));
							return gain ? (
								<span title={`${exactOpg(gain.change)} since block ${gain.since}`}>
									{gain.change > 0n && '+'}
									{opg(gain.change, 6)}
								</span>
							) : (
								<span class="quiet">–</span>
							);
						},
					},
					{
						name: 'On its way out',
						cell: ({ unbonding }) =>
							unbonding.map(({ amount, unlockAt }) => (
								<div key={unlockAt}>
									<Opg planck={amount} />{' '}
									<small class="quiet">
										{unlockAt <= chain.clock
											? 'can be withdrawn'
											: `in ${unlockAt - chain.clock} ticks`}
									</small>
								</div>
							)),
					},
					{
						name: 'Actions',
						cell: (delegation) => (
							<Actions
								delegation={delegation}
								clock={chain.clock}
								address={address}
								isBusy={isBusy}
								send={send}
							/>
						),
					},
				]}
			/>
			<p class="hint">
				Rewards stay in the pool and raise what a share is worth; slashes lower it.{' '}
				<em>Change here</em> is what came of both since this page saw the delegation.{' '}
				{terms.value &&
					`Stake that leaves is paid ${terms.value.unbonding} ticks of the clock later, and is slashed until then for what the operator did before.`}
			</p>
		</Card>
	);
}

const key = ({ operator, role }: { operator: string; role: string }) => `${operator} ${role}`;

/** What delegations gained by themselves, from the first block in which this page saw them. */
function useGains(address: string, delegations: readonly schema.Delegation[]) {
	const { chain } = useOpen();
	const [gains, setGains] = useState<ReadonlyMap<string, Gain>>(new Map());
	const { hash, number } = chain.best;
	const now = useAsked(
		async ({ client }) => ({
			number,
			worths: await worths(client, address, delegations, hash),
		}),
		[address],
		{ eachBlock: true },
	);
	const { value } = now;
	useEffect(() => {
		// A block that PAPI does not have is left out: the next one counts for both.
		if (value) setGains((all) => accrue(all, value.worths, value.number));
	}, [value]);
	return gains;
}

function Actions({
	delegation,
	clock,
	address,
	isBusy,
	send,
}: {
	delegation: schema.Delegation;
	clock: number;
	address: string;
	isBusy: boolean;
	send: Send;
}) {
	const [amount, setAmount] = useState('');
	const { operator, role, stake, unbonding } = delegation;
	const canWithdraw = unbonding.some(({ unlockAt }) => unlockAt <= clock);
	const wanted = parseOpg(amount);
	const take = (planck: bigint, what: string) =>
		send(what, (all) => all.undelegate(operator, role, planck));
	return (
		<form
			class="row tight"
			onSubmit={(event) => {
				event.preventDefault();
				if (wanted) void take(wanted, `Undelegating ${opg(wanted)} OPG`);
			}}
		>
			<input
				type="text"
				inputMode="decimal"
				class="amount-field"
				aria-label="OPG to take out"
				placeholder="OPG"
				value={amount}
				onInput={(event) => setAmount(event.currentTarget.value)}
			/>
			<button type="submit" disabled={isBusy || !wanted}>
				Undelegate
			</button>
			<button
				type="button"
				disabled={isBusy || BigInt(stake) === 0n}
				// More than there is takes all, with what is earned until then.
				onClick={() => void take(BigInt(stake) * 2n, 'Undelegating everything')}
			>
				All
			</button>
			{unbonding.length > 0 && (
				<button
					type="button"
					class="main"
					disabled={isBusy || !canWithdraw}
					onClick={() =>
						void send('Withdrawing', (all) => all.withdraw(operator, role, address))
					}
				>
					Withdraw
				</button>
			)}
		</form>
	);
}

function Delegate({
	operator: given,
	role: givenRole,
	free,
	isBusy,
	send,
}: {
	operator: string | null;
	role: Role;
	/** What the account has, or `null` where none is chosen. */
	free: bigint | null;
	isBusy: boolean;
	send: Send;
}) {
	const [operator, setOperator] = useState(given ?? '');
	const [role, setRole] = useState(givenRole);
	const [amount, setAmount] = useState('');
	const form = useRef<HTMLDivElement>(null);
	useEffect(() => {
		if (given) form.current?.scrollIntoView({ block: 'center' });
	}, [given]);
	const known = useAsked(({ client }) => client.rpc.executors(null, null, 100), ['known']);
	const terms = useAsked(({ client }) => staking(client), ['terms']);
	const wanted = parseOpg(amount);
	const isEnough = wanted !== null && wanted >= (terms.value?.minDelegation ?? 1n);
	const isTooMuch = wanted !== null && free !== null && wanted > free;
	const canSend = free !== null && !isBusy && isEnough && !isTooMuch && operator.trim() !== '';
	const submit = (event: Event) => {
		event.preventDefault();
		if (wanted) {
			void send(`Delegating ${opg(wanted)} OPG`, (all) =>
				all.delegate(operator.trim(), role, wanted),
			);
		}
	};
	return (
		<div ref={form}>
			<Card title="Delegate">
				<form onSubmit={submit}>
					<div class="row">
						<Field label="Role">
							{(ids) => (
								<select
									{...ids}
									value={role}
									onChange={(event) => setRole(event.currentTarget.value as Role)}
								>
									<option value="executor">executor: runs inferences</option>
									<option value="validator">validator: makes blocks</option>
								</select>
							)}
						</Field>
						<Field label="Operator">
							{(ids) => (
								<input
									{...ids}
									class="code"
									type="text"
									list="operators"
									spellcheck={false}
									autocomplete="off"
									value={operator}
									placeholder="op…"
									onInput={(event) => setOperator(event.currentTarget.value)}
								/>
							)}
						</Field>
						<Field
							label="Amount in OPG"
							hint={terms.value && `at least ${exactOpg(terms.value.minDelegation)}`}
						>
							{(ids) => (
								<input
									{...ids}
									type="text"
									inputMode="decimal"
									autocomplete="off"
									value={amount}
									onInput={(event) => setAmount(event.currentTarget.value)}
								/>
							)}
						</Field>
						<button type="submit" class="main" disabled={!canSend}>
							Delegate
						</button>
					</div>
					<datalist id="operators">
						{known.value?.items.map(({ operator }) => (
							<option key={operator} value={operator} />
						))}
					</datalist>
				</form>
				{free === null && <p class="hint">Choose an account first.</p>}
				{isTooMuch && (
					<p class="error" role="status">
						This is more than the account has.
					</p>
				)}
				{operator.trim().length > 40 && <PoolOf operator={operator.trim()} role={role} />}
			</Card>
		</div>
	);
}

/** What a delegator looks at first. */
function PoolOf({ operator, role }: { operator: string; role: Role }) {
	const account = useAsked(({ client }) => client.rpc.account(operator), [operator], {
		eachBlock: true,
	});
	if (account.error) return <Problem error={account.error} what="This is no account." />;
	if (!account.value) return null;
	const pool = account.value.pools.find((pool) => pool.role === role);
	if (!pool) return <Notice tone="warn">This account has no {role} pool.</Notice>;
	const [own, all] = [BigInt(pool.ownStake), BigInt(pool.stake)];
	return (
		<>
			<Facts>
				<Fact name="Operator">
					<Account address={operator} /> <Badge name={pool.state} />
				</Fact>
				<Fact name="Stake">
					<Opg planck={all} />, of which its own <Opg planck={own} />
				</Fact>
				<Fact name="Commission">
					{percent(pool.commission)}; it can rise by a point in each session
				</Fact>
				<Fact name="Misses">{pool.misses} of the last 16 seats</Fact>
				<Fact name="Convictions">{pool.convictions} held</Fact>
			</Facts>
			{own * 5n < all && (
				<Notice tone="warn">
					Less than a fifth is the operator's own: it risks mostly its delegators' stake.
				</Notice>
			)}
		</>
	);
}

function Validators() {
	const { chain } = useOpen();
	const [page, setPage] = useState(1);
	const all = useAsked(({ client }) => validators(client), ['validators', chain.session]);
	const shown = all.value?.slice((page - 1) * VALIDATORS, page * VALIDATORS);
	const pools = useAsked(
		({ client }) =>
			Promise.all(
				(shown ?? []).map(async (operator) => {
					const { pools } = await client.rpc.account(operator);
					return { operator, pool: pools.find(({ role }) => role === 'validator') };
				}),
			),
		[shown],
		{ eachBlock: true },
	);
	const error = all.error ?? pools.error;
	return (
		<Card title="Validators of this session" side={<a href={to.executors}>Executors</a>}>
			{error ? <Problem error={error} /> : null}
			<Table
				caption="Validators of this session"
				rows={shown && pools.value}
				rowKey={({ operator }) => operator}
				empty="None."
				columns={[
					{ name: 'Operator', cell: ({ operator }) => <Account address={operator} /> },
					{ name: 'State', cell: ({ pool }) => pool && <Badge name={pool.state} /> },
					{
						name: 'Stake',
						isNumber: true,
						cell: ({ pool }) => pool && <Opg planck={pool.stake} digits={2} />,
					},
					{
						name: 'Its own',
						isNumber: true,
						cell: ({ pool }) => pool && <Opg planck={pool.ownStake} digits={2} />,
					},
					{
						name: 'Commission',
						isNumber: true,
						cell: ({ pool }) => pool && percent(pool.commission),
					},
					{
						name: 'Stake in it',
						cell: ({ operator, pool }) =>
							pool && <a href={to.stakeIn(operator, 'validator')}>Delegate</a>,
					},
				]}
			/>
			<Pager
				page={page}
				next={(all.value?.length ?? 0) > page * VALIDATORS}
				onNext={() => setPage(page + 1)}
				onBack={() => setPage(page - 1)}
			/>
		</Card>
	);
}
