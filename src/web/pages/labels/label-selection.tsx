import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useChangeLabelHosts } from "../../data/label-mutations.ts";
import { labelsQuery } from "../../data/label-queries.ts";
import { Answer, explain, FormFailure } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { notify } from "../../parts/notices.tsx";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Select } from "../../ui/field.tsx";
import { Form, FormEnd } from "../../ui/form.tsx";
import { Prose } from "../../ui/layout.tsx";

interface LabelSelectionProps {
  /** What is selected, in words. */
  words: string;
  hostIds: () => Promise<number[]>;
  onDone: () => void;
  onClose: () => void;
}

/** Puts the selected devices into a manual label, or takes them out of it. */
export function LabelSelection({ words, hostIds, onDone, onClose }: LabelSelectionProps) {
  const labels = useQuery(labelsQuery({ label_membership_type: "manual", per_page: 1000 }));
  const [labelId, setLabelId] = useState<string>();
  const [failure, setFailure] = useState<string>();
  const change = useChangeLabelHosts();
  const blocked = labelId === undefined ? "Choose a label" : undefined;
  const run = async (member: boolean) => {
    if (labelId === undefined) return;
    try {
      await change.mutateAsync({ id: Number(labelId), hostIds: await hostIds(), member });
      notify({ tone: "ok", word: member ? "Added" : "Taken out", text: `${words}.` });
      onDone();
    } catch (error) {
      setFailure(explain(error));
    }
  };
  return (
    <Dialog title={`Label ${words}`} onClose={onClose}>
      <Form onSubmit={() => void run(true)}>
        <Answer of={labels} what="list of labels">
          {(data) =>
            data.labels.length === 0 ? (
              <Prose>
                <p>
                  There is no label kept by hand yet. <A href={paths.newLabel()}>Create one</A> first.
                </p>
              </Prose>
            ) : (
              <Select
                label="Label"
                any="Choose a label"
                value={labelId}
                options={data.labels.map((label) => ({ value: String(label.id), label: label.name }))}
                onChoose={setLabelId}
              />
            )
          }
        </Answer>
        <FormFailure text={failure} />
        <FormEnd>
          <Button onClick={onClose}>Cancel</Button>
          <Button busy={change.isPending} blocked={blocked} onClick={() => void run(false)}>
            Take out of it
          </Button>
          <Button type="submit" look="primary" busy={change.isPending} blocked={blocked}>
            Add to it
          </Button>
        </FormEnd>
      </Form>
    </Dialog>
  );
}
