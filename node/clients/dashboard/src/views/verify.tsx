// Receipts from files: no node is needed for them.
import { useState } from 'preact/hooks';
import { useAnchor } from '../hooks';
import { AnchorPanel, Result, useCheck } from '../receipt';
import { Card, Field, Notice, Page } from '../ui';
import { MAX_RECEIPT_BYTES } from '../verify';

export function Verify() {
	const anchor = useAnchor();
	const [file, setFile] = useState<File>();
	const { checked, isBusy, check } = useCheck();
	const submit = (event: Event) => {
		event.preventDefault();
		if (!file || !anchor) return;
		void check(anchor, () => {
			if (file.size > MAX_RECEIPT_BYTES)
				throw new Error(`the file is longer than ${MAX_RECEIPT_BYTES} bytes`);
			return file.text();
		});
	};
	return (
		<Page
			title="Verify a receipt"
			lead="A receipt proves the result of a request to somebody who trusts no node. The file stays in this browser."
		>
			<Card title="Anchor">
				<AnchorPanel nodeGenesis={null} />
			</Card>
			<Card title="Receipt">
				<form class="row" onSubmit={submit}>
					<Field
						label="Receipt file"
						hint="of opg receipt create, of this page, or of a client"
					>
						{(ids) => (
							<input
								{...ids}
								type="file"
								accept=".json,application/json"
								onChange={(event) => setFile(event.currentTarget.files?.[0])}
							/>
						)}
					</Field>
					<button type="submit" class="main" disabled={!file || !anchor || isBusy}>
						{isBusy ? 'Verifying …' : 'Verify'}
					</button>
				</form>
				{!anchor && (
					<Notice tone="quiet">
						Say first what you trust: without an anchor, a receipt proves nothing.
					</Notice>
				)}
				{checked && <Result checked={checked} />}
			</Card>
		</Page>
	);
}
